"""What static/site.js adds to a form that works without it."""

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Page, expect

from leads.models import Submission

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture(autouse=True)
def site() -> None:
    call_command("load_starter_content", verbosity=0)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def fill_in(page: Page, **changes: str) -> None:
    one, other = re.search(r"What is (\d) \+ (\d)\?", page.locator("form").inner_text()).groups()  # type: ignore[union-attr]
    values = {
        "First Name": "Ana",
        "Last Name": "Reyes",
        "Phone Number": "0917 123 4567",
        "Email Address": "ana@example.com",
        "Space Requirements": "Ten designers in Makati by March.",
        "Math Question": str(int(one) + int(other)),
        **changes,
    }
    for label, value in values.items():
        page.get_by_label(label).fill(value)


def test_a_double_click_sends_once(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.locator("button.send").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert len(posts) == 1
    assert Submission.objects.count() == 1


def test_the_button_is_alive_after_coming_back(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    page.locator("button.send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    page.go_back()
    expect(page.locator("button.send")).to_have_text("Send enquiry")
    expect(page.locator("button.send")).not_to_have_attribute("aria-disabled", "true")


def test_with_the_network_down_the_page_says_so_and_nothing_is_lost(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    context: BrowserContext = page.context
    context.set_offline(True)
    page.locator("button.send").click()
    expect(page.get_by_role("status")).to_contain_text("This did not reach us yet")
    expect(page.get_by_label("First Name")).to_have_value("Ana")
    expect(page.locator("button.send")).to_have_text("Send enquiry")
    context.set_offline(False)
    page.locator("button.send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Submission.objects.count() == 1


def test_a_draft_is_kept_until_it_is_accepted(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    page.goto(f"{live_server.url}/privacy/")
    page.goto(f"{live_server.url}/")
    expect(page.get_by_label("Space Requirements")).to_have_value("Ten designers in Makati by March.")
    expect(page.get_by_label("Math Question")).to_have_value("")
    fill_in(page)
    page.locator("button.send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    page.goto(f"{live_server.url}/contact/")
    expect(page.get_by_label("First Name")).to_have_value("")


def test_errors_are_shown_and_focused(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page, **{"Phone Number": "12"})
    page.locator("button.send").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Math Question")).not_to_have_value("")  # rightly answered


def test_a_mistyped_address_is_mended_with_one_click(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page, **{"Email Address": "ana@gmial.com"})
    page.locator("button.send").click()
    page.get_by_role("button", name="ana@gmail.com").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Submission.objects.get().email == "ana@gmail.com"


def test_enter_keeps_an_address_that_was_asked_about(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page, **{"Email Address": "ana@gmial.com"})
    page.locator("button.send").click()
    expect(page.locator(".suggestion")).to_be_visible()
    page.get_by_label("First Name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Submission.objects.get().email == "ana@gmial.com"


def test_characters_are_counted(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    expect(page.locator(".count")).to_have_text("0 of 4,000 characters")
    page.get_by_label("Space Requirements").press_sequentially("Ten desks")
    expect(page.locator(".count")).to_have_text("9 of 4,000 characters")


def test_another_site_that_led_here_is_told(live_server, page):
    page.route("https://news.example/", lambda route: route.fulfill(
        body=f'<a href="{live_server.url}/">there</a>', content_type="text/html",
        headers={"Referrer-Policy": "unsafe-url"},
    ))  # fmt: skip
    page.goto("https://news.example/")
    page.get_by_role("link", name="there").click()
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    page.locator("button.send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Submission.objects.get().attribution["referrer"] == "https://news.example/"
