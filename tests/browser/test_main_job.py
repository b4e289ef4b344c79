"""A visitor reads the explainer and sends the form, and sales finds the lead, by keyboard alone."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from leads.models import Submission
from tests import build
from tests.support.keyboard import PASSWORD, log_in
from tests.support.pages import EXPLAINER, right_answer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture(autouse=True)
def site() -> None:
    call_command("load_starter_content", verbosity=0)
    call_command("migrate", verbosity=0)  # a transactional test empties all tables, including the groups


def type_in(page: Page, label: str, text: str) -> None:
    """Press Tab until the field has the focus, then type."""
    field = page.get_by_label(label)
    for _ in range(40):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    expect(field).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_prospect_sends_an_enquiry_that_sales_finds(live_server, phone, desktop):
    page = phone.new_page()
    page.goto(live_server.url)
    link = page.get_by_role("link", name="The Key Differences Between BPO and KPO")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The Key Differences Between BPO and KPO")

    type_in(page, "First Name", "Ana María")
    type_in(page, "Last Name", "Reyes")
    type_in(page, "Phone Number", "12")
    type_in(page, "Email Address", "ana@example.com")
    type_in(page, "Space Requirements", "Ten designers in Makati.\nBy March.")
    type_in(page, "Math Question", "99")
    page.keyboard.press("Enter")

    expect(page).to_have_title(re.compile("^Error: "))
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("First Name")).to_have_value("Ana María")
    expect(page.get_by_label("Space Requirements")).to_have_value("Ten designers in Makati.\nBy March.")
    page.keyboard.press("Tab")  # the summary's first link: the phone number
    page.keyboard.press("Enter")
    expect(page.get_by_label("Phone Number")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("0917 123 4567")
    type_in(page, "Math Question", right_answer(page.locator("form").inner_text()))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send enquiry")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have your enquiry")
    code = page.locator(".reference strong").inner_text()
    assert Submission.objects.get().page == "/contact/" or Submission.objects.get().page.startswith("/articles/")

    member = build.staff("Sales", password=PASSWORD)
    admin = desktop.new_page()
    log_in(admin, f"{live_server.url}/admin/", member.username)
    admin.get_by_role("link", name="Leads", exact=True).click()
    admin.locator("#searchbar").fill(code)
    admin.keyboard.press("Enter")
    admin.get_by_role("link", name="Ana María Reyes").click()
    expect(admin.get_by_text("Ten designers in Makati.").first).to_be_visible()
    expect(admin.get_by_text(code, exact=True).first).to_be_visible()
    expect(admin.get_by_role("link", name="+63 917 123 4567").first).to_have_attribute("href", "tel:+639171234567")


@pytest.mark.parametrize("path", ["/", EXPLAINER, "/contact/"])
def test_no_page_is_wider_than_320_pixels(live_server, browser, path):
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(live_server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_an_editor_writes_an_article_in_the_rich_text_editor(live_server, desktop):
    editor = build.staff("Editors", password=PASSWORD)
    page = desktop.new_page()
    log_in(page, f"{live_server.url}/admin/articles/article/add/", editor.username)
    page.wait_for_url(
        "**/admin/articles/article/add/"
    )  # and until its scripts ran: the editor takes the focus when it starts
    page.get_by_label("Title:", exact=True).press_sequentially("Rent and Run")
    expect(page.get_by_label("Slug:")).to_have_value("rent-and-run")
    page.get_by_label("Summary:").fill("In short.")
    page.locator(".ProseMirror[contenteditable=true]").click()
    page.keyboard.type("Plain and ")
    page.keyboard.press("Control+B")
    page.keyboard.type("bold")
    page.get_by_label("Status:").select_option("published")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.goto(f"{live_server.url}/articles/rent-and-run/")
    expect(page.locator("article strong")).to_have_text("bold")
