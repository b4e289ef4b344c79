"""WCAG 2.2 AA as far as axe-core checks it: every public page in each state, colour scheme and width."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page

from tests.support.pages import EXPLAINER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

FAILING = "/articles/failing/"
WITH_ERRORS, TOO_OFTEN = "with errors", "sent too often"
STATES = ["/", EXPLAINER, "/contact/", "/contact/thanks/?ref=7KQ2-M4XW", "/privacy/", "/nowhere/", FAILING]
STATES += [WITH_ERRORS, TOO_OFTEN]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(autouse=True)
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("load_starter_content", verbosity=0)
    if request.node.callspec.params.get("state") == FAILING:
        monkeypatch.setattr("articles.views.Article", None)
    if request.node.callspec.params.get("state") == TOO_OFTEN:
        monkeypatch.setattr("leads.capture.rate_limit.POSTS_PER_MINUTE", 0)


@pytest.fixture(params=["light", "dark"])
def page(request, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def show(page: Page, url: str, state: str) -> None:
    if state in (WITH_ERRORS, TOO_OFTEN):
        page.goto(f"{url}/contact/")
        page.get_by_label("Phone Number").fill("(917) 555-0123")
        page.get_by_label("Email Address").fill("ana@gmial.com")
        page.get_by_role("button", name="Send enquiry").click()
        page.locator(".error-summary").wait_for()
        page.get_by_text("a lot of enquiries" if state == TOO_OFTEN else "Did you mean").first.wait_for()
    else:
        response = page.goto(url + state)
        assert response is not None
        assert response.status == {FAILING: 500, "/nowhere/": 404}.get(state, 200)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_violation(live_server, page, state):
    show(page, live_server.url, state)
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"


@pytest.mark.parametrize("state", STATES)
def test_text_at_200_percent_fits(live_server, page, state):
    show(page, live_server.url, state)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (640, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("state", STATES)
def test_a_page_has_landmarks_one_h1_and_headings_in_order(live_server, browser, state):
    page = browser.new_page()
    show(page, live_server.url, state)
    for landmark in ["banner", "main", "contentinfo"]:
        assert page.get_by_role(landmark).count() == 1
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "tags => tags.map(tag => Number(tag.tagName[1]))")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.close()


@pytest.mark.parametrize("path", ["/", EXPLAINER, "/contact/"])
def test_keyboard_focus_is_always_visible(live_server, browser, path):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(live_server.url + path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(25):
        shown = page.evaluate(
            """() => {
                const focused = document.activeElement, box = focused.getBoundingClientRect()
                const style = getComputedStyle(focused)
                const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
                return {
                    name: focused.tagName,
                    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                    seen: focused.contains(at) || at?.contains(focused),
                }
            }"""
        )
        if shown["name"] == "BODY":
            break
        assert shown["outlined"], shown
        assert shown["seen"], shown
        page.keyboard.press("Tab")
    page.close()


@pytest.mark.parametrize("path", ["/", EXPLAINER, "/contact/"])
def test_touch_targets_are_large_enough(live_server, browser, path):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(live_server.url + path)
    small = page.eval_on_selector_all(
        "header a:not(.skip), footer a, main button, main input:not([type=hidden], [tabindex='-1'])",
        """targets => targets.map(target => [target.textContent || target.name, target.getBoundingClientRect()])
            .filter(([, box]) => box.height < 24 || box.width < 24).map(([name]) => name)""",
    )
    assert small == []
    page.close()
