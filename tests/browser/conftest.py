"""The Chromium of the system."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

from tests.support.tools import find_tool

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # containers give no user namespaces
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_tool("chromium", "chromium")
    # Playwright runs an event loop in this thread, and Django refuses queries in such a thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def complaints() -> list[str]:
    """Errors in the browser's console, including CSP violations; a test fails if there are any at its end."""
    return []


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def phone(request, browser: Browser, complaints: list[str]) -> Iterator[BrowserContext]:
    """A browser the size of a phone, once with JavaScript and once without."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, java_script_enabled=request.param
    )
    yield from watched(context, complaints)


@pytest.fixture
def desktop(browser: Browser, complaints: list[str]) -> Iterator[BrowserContext]:
    yield from watched(browser.new_context(viewport={"width": 1280, "height": 900}), complaints)


def is_complaint(message: ConsoleMessage) -> bool:
    """Whether it is an error; Chromium also reports the intended status 422 of an invalid form."""
    return message.type == "error" and "status of 422" not in message.text


def watched(context: BrowserContext, complaints: list[str]) -> Iterator[BrowserContext]:
    context.set_default_timeout(15_000)
    context.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []
