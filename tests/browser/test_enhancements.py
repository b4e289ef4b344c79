"""static/site.js improves a form that works without it; where the script fails, the browser sends the form."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from leads.models import Submission
from tests.support.pages import right_answer

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
    values = {
        "First Name": "Ana",
        "Last Name": "Reyes",
        "Phone Number": "0917 123 4567",
        "Email Address": "ana@example.com",
        "Space Requirements": "Ten designers in Makati by March.",
        "Math Question": right_answer(page.locator("form").inner_text()),
        **changes,
    }
    for label, value in values.items():
        page.get_by_label(label).fill(value)


def record_posts(page: Page) -> list[str]:
    """The resource type of each POST from now on: `fetch` by the script, `document` by the browser itself."""
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.resource_type) if request.method == "POST" else None)
    return posts


def intercept_fetch(page: Page, handle: Callable[[Route], object]) -> None:
    """Let `handle` answer the requests of the script; requests of the browser itself pass."""
    page.route(
        "**/contact/", lambda route: handle(route) if route.request.resource_type == "fetch" else route.continue_()
    )


def expect_thanks(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")


def expect_button_ready(page: Page) -> None:
    button = page.locator("button.send")
    expect(button).to_have_text("Send enquiry")
    expect(button).not_to_have_attribute("aria-disabled", "true")


def ask_about_address(page: Page, url: str) -> None:
    """Send an address that looks mistyped, so that the form comes back with "Yes, send it with ana@gmail.com"."""
    page.goto(f"{url}/contact/")
    fill_in(page, **{"Email Address": "ana@gmial.com"})
    page.locator("button.send").click()
    expect(page.locator(".suggestion")).to_be_visible()


def test_a_double_click_sends_once(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts = record_posts(page)
    page.locator("button.send").dblclick()
    expect_thanks(page)
    assert posts == ["fetch"]
    assert Submission.objects.count() == 1


# Browser features that are missing or broken in an old browser, by an extension or by a policy, as init scripts.
MISSING_AND_BROKEN = {
    "AbortSignal.timeout missing": "delete AbortSignal.timeout",
    "AbortSignal missing": "delete window.AbortSignal; delete window.AbortController",
    "fetch missing": "delete window.fetch",
    "fetch throws": "window.fetch = () => { throw new Error('blocked') }",
    "fetch rejects": "window.fetch = () => Promise.reject(new TypeError('blocked'))",
    "fetch resolves to nothing": "window.fetch = async () => undefined",
    "FormData missing": "delete window.FormData",
    "timers throw": "window.setTimeout = () => { throw new Error('blocked') }",
    "sessionStorage throws": """
        Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("denied", "SecurityError") } })
    """,
    "sessionStorage missing": "Object.defineProperty(window, 'sessionStorage', { value: null })",
    "sessionStorage full": "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }",
    "malformed draft": "sessionStorage.setItem('quick-contact', '{\"first_name\": ')",
    "draft is null": "sessionStorage.setItem('quick-contact', 'null')",
    "draft is a number": "sessionStorage.setItem('quick-contact', '7')",
    "counting fails": "Number.prototype.toLocaleString = () => { throw new Error('counting') }",
    "drafts fail": "Element.prototype.matches = () => { throw new Error('drafts') }",
    "referrer fails": "Object.defineProperty(document, 'referrer', { get() { throw new Error('referrer') } })",
    "Safari 14": """
        delete SubmitEvent.prototype.submitter
        delete HTMLFormElement.prototype.requestSubmit
        delete AbortSignal.timeout
        delete AbortSignal.any
        delete Array.prototype.at
        delete Array.prototype.findLast
        delete Object.hasOwn
        delete Promise.any
        delete Promise.withResolvers
        for (const name of ["structuredClone", "reportError", "scheduler", "navigation"]) delete window[name]
    """,
}
BROWSER_POSTS = [  # with these the browser posts the form itself
    "fetch missing",
    "fetch throws",
    "fetch rejects",
    "fetch resolves to nothing",
    "FormData missing",
    "timers throw",
]


@pytest.mark.parametrize("broken", MISSING_AND_BROKEN)
def test_one_click_sends_the_form_with_broken_browser_apis(live_server, page, broken):
    page.add_init_script(MISSING_AND_BROKEN[broken])
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts = record_posts(page)
    page.locator("button.send").click()
    expect_thanks(page)
    assert posts == (["document"] if broken in BROWSER_POSTS else ["fetch"])
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("broken", [*BROWSER_POSTS, "AbortSignal missing", "Safari 14"])
def test_the_clicked_button_keeps_its_value_with_broken_apis(live_server, page, broken):
    page.add_init_script(MISSING_AND_BROKEN[broken])
    ask_about_address(page, live_server.url)
    page.get_by_role("button", name="ana@gmail.com").click()
    expect_thanks(page)
    assert Submission.objects.get().email == "ana@gmail.com"


@pytest.mark.parametrize("broken", ["fetch missing", "Safari 14"])
def test_enter_takes_no_suggestion_with_broken_browser_apis(live_server, page, broken):
    page.add_init_script(MISSING_AND_BROKEN[broken])
    ask_about_address(page, live_server.url)
    page.get_by_label("First Name").press("Enter")
    expect_thanks(page)
    assert Submission.objects.get().email == "ana@gmial.com"


def test_a_double_click_posts_once_without_fetch(live_server, page):
    page.add_init_script("delete window.fetch")
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts = record_posts(page)
    page.locator("button.send").dblclick()
    expect_thanks(page)
    assert posts == ["document"]
    assert Submission.objects.count() == 1


def test_a_double_click_on_the_suggestion_posts_once(live_server, page):
    ask_about_address(page, live_server.url)
    posts = record_posts(page)
    page.get_by_role("button", name="ana@gmail.com").dblclick()
    expect_thanks(page)
    assert posts == ["fetch"]
    assert Submission.objects.get().email == "ana@gmail.com"


def test_the_browser_posts_the_form_when_fetch_is_blocked(live_server, page):
    intercept_fetch(page, lambda route: route.abort("blockedbyclient"))
    ask_about_address(page, live_server.url)
    posts = record_posts(page)
    page.get_by_role("button", name="ana@gmail.com").click()
    expect_thanks(page)
    assert posts == ["fetch", "document"]
    assert Submission.objects.get().email == "ana@gmail.com"


def test_an_enquiry_whose_answer_was_lost_is_stored_once(live_server, page):
    def lose_answer(route: Route) -> None:
        assert route.fetch(max_redirects=0).status == 303
        route.abort("connectionreset")

    intercept_fetch(page, lose_answer)
    page.goto(f"{live_server.url}/contact/")
    fill_in(page, **{"Space Requirements": "Ten designers.\nIn Makati,\n\nby March."})
    posts = record_posts(page)
    page.locator("button.send").click()
    expect_thanks(page)
    assert posts == ["fetch", "document"]
    assert Submission.objects.get().space_requirements == "Ten designers.\nIn Makati,\n\nby March."


@pytest.mark.parametrize("label", ["Send enquiry", "Yes, send it with ana@gmail.com"])
def test_the_page_waits_for_a_slow_answer(live_server, page, label):
    page.clock.install()
    ask_about_address(page, live_server.url)
    posts = record_posts(page)
    held: list[Route] = []
    intercept_fetch(page, held.append)
    page.get_by_role("button", name=label).last.click()
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.clock.run_for(7_000)
    expect(page.get_by_role("status")).to_be_empty()
    page.clock.run_for(2_000)
    expect(page.get_by_role("status")).to_contain_text("Still sending… Please keep this page open.")
    expect(page.get_by_role("status")).not_to_contain_text("reach us")
    page.locator("button.send").click(force=True)  # sends nothing
    held[0].continue_()
    expect_thanks(page)
    assert posts == ["fetch"]
    assert Submission.objects.get().email == ("ana@gmail.com" if "Yes" in label else "ana@gmial.com")


@pytest.mark.parametrize("label", ["Send enquiry", "Yes, send it with ana@gmail.com"])
def test_without_an_answer_the_form_can_be_sent_again(live_server, page, label):
    page.clock.install()
    ask_about_address(page, live_server.url)
    posts = record_posts(page)
    failed: list[Request] = []
    page.on("requestfailed", lambda request: failed.append(request))
    intercept_fetch(page, lambda route: None)
    page.get_by_role("button", name=label).last.click()
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.clock.run_for(21_000)
    expect(page.get_by_role("status")).to_contain_text(
        "Sending again does not make a second enquiry. You can do so now."
    )
    expect_button_ready(page)
    assert failed == []
    page.get_by_role("button", name=label).last.dblclick()
    expect_thanks(page)
    assert posts == ["fetch", "document"]
    assert Submission.objects.get().email == ("ana@gmail.com" if "Yes" in label else "ana@gmial.com")


def test_a_very_late_answer_is_still_shown(live_server, page):
    page.clock.install()
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts = record_posts(page)
    held: list[Route] = []
    intercept_fetch(page, held.append)
    page.locator("button.send").click()
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.clock.run_for(120_000)
    expect_button_ready(page)
    held[0].continue_()
    expect_thanks(page)
    assert posts == ["fetch"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("label", ["Send enquiry", "Yes, send it with ana@gmail.com"])
def test_offline_the_page_keeps_the_form_and_shows_a_notice(live_server, page, label):
    ask_about_address(page, live_server.url)
    context: BrowserContext = page.context
    context.set_offline(True)
    for _ in range(2):
        page.get_by_role("button", name=label).last.click()
        expect(page.get_by_role("status")).to_contain_text("You are offline: this did not reach us.")
        expect(page.get_by_role("status")).to_contain_text("send it again when the connection is back")
        expect(page.get_by_label("First Name")).to_have_value("Ana")
        expect_button_ready(page)
    assert Submission.objects.count() == 0
    context.set_offline(False)
    page.get_by_role("button", name=label).last.click()
    expect_thanks(page)
    assert Submission.objects.get().email == ("ana@gmail.com" if "Yes" in label else "ana@gmial.com")


def test_offline_without_fetch_the_page_keeps_the_form(live_server, page):
    page.add_init_script("delete window.fetch")
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    page.context.set_offline(True)
    page.locator("button.send").click()
    expect(page.get_by_role("status")).to_contain_text("You are offline: this did not reach us.")
    page.context.set_offline(False)
    page.locator("button.send").click()
    expect_thanks(page)
    assert Submission.objects.count() == 1


def test_after_a_lost_connection_the_outcome_is_reported_unknown(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    held: list[Route] = []
    intercept_fetch(page, held.append)
    page.locator("button.send").click()
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.context.set_offline(True)
    assert held[0].fetch(max_redirects=0).status == 303
    held[0].abort("internetdisconnected")
    expect(page.get_by_role("status")).to_contain_text("You are offline: this may not have reached us.")
    expect_button_ready(page)
    page.unroute_all()
    page.context.set_offline(False)
    page.locator("button.send").click()
    expect_thanks(page)
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_keeps_the_form_and_the_button(live_server, page, status):
    ask_about_address(page, live_server.url)
    posts = record_posts(page)
    intercept_fetch(page, lambda route: route.fulfill(status=status, body="Unavailable"))
    page.get_by_role("button", name="ana@gmail.com").click()
    notice = page.get_by_role("status")
    expect(notice).to_contain_text("Our site could not take this just now.")
    expect(notice).to_contain_text("send it again in a minute, or call us. It will not arrive twice.")
    expect(page.get_by_label("Space Requirements")).to_have_value("Ten designers in Makati by March.")
    expect_button_ready(page)
    assert Submission.objects.count() == 0
    page.unroute_all()
    page.get_by_role("button", name="ana@gmail.com").click()
    expect_thanks(page)
    assert posts == ["fetch", "fetch"]
    assert Submission.objects.get().email == "ana@gmail.com"


def test_an_abandoned_suggestion_is_not_sent(live_server, page):
    ask_about_address(page, live_server.url)
    intercept_fetch(page, lambda route: route.fulfill(status=503, body="Unavailable"))
    page.get_by_role("button", name="ana@gmail.com").click()
    expect(page.get_by_role("status")).to_contain_text("could not take this")
    page.unroute_all()
    page.locator("button.send").click()
    expect_thanks(page)
    assert Submission.objects.get().email == "ana@gmial.com"


def test_the_button_is_ready_after_going_back(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    page.locator("button.send").click()
    expect_thanks(page)
    page.go_back()
    expect_button_ready(page)


def test_a_page_from_the_back_forward_cache_is_reset(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page)
    posts = record_posts(page)
    held: list[Route] = []
    intercept_fetch(page, held.append)
    page.locator("button.send").click()
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")  # the event of a page that was loaded anew
    expect(page.locator("button.send")).to_have_text("Sending…")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect_button_ready(page)
    held[0].abort()  # the attempt before the page was left: it is ignored
    page.unroute_all()
    page.locator("button.send").click()
    expect_thanks(page)
    assert posts == ["fetch", "fetch"]
    assert Submission.objects.count() == 1


def test_a_draft_is_kept_until_the_form_is_accepted(live_server, page):
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
    expect(page.get_by_label("Math Question")).not_to_have_value("")  # the answer was correct


def test_one_click_corrects_a_mistyped_email_address(live_server, page):
    page.goto(f"{live_server.url}/contact/")
    fill_in(page, **{"Email Address": "ana@gmial.com"})
    page.locator("button.send").click()
    page.get_by_role("button", name="ana@gmail.com").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    assert Submission.objects.get().email == "ana@gmail.com"


def test_enter_keeps_the_email_address_as_typed(live_server, page):
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


def test_the_referring_site_is_stored(live_server, page):
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
