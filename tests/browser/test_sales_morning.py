"""The work of sales by keyboard and on a phone; accessibility and layout of the admin."""

import csv
import io
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Export, Holiday, Lead, Merge, Quarantine, ReplyTemplate, SalesSettings
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept
from tests.support.keyboard import PASSWORD, choose, enter, log_in, press_to, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(autouse=True)
def site() -> None:
    call_command("load_starter_content", verbosity=0)
    call_command("migrate", verbosity=0)  # a transactional test empties all tables, including the groups


@pytest.fixture
def grace() -> User:
    person = {"first_name": "Grace", "last_name": "Lim", "email": "grace@site.example"}
    return build.staff("Sales", "Sales managers", username="grace", password=PASSWORD, **person)


def test_sales_works_through_the_inbox_by_keyboard(live_server, desktop, grace):
    now = timezone.now()
    for number, (first, last) in enumerate([("Ana", "Reyes"), ("Paolo", "Cruz"), ("Liza", "Tan")]):
        lead = build.lead(
            first_name=first,
            last_name=last,
            email=f"{first}@site{number}.example",
            received_at=now - timedelta(days=9 - number),
        )
        Lead.objects.filter(pk=lead.pk).update(due_at=now - timedelta(days=7 - number))
    build.lead(first_name="Fresh", last_name="Lead", email="fresh@site.example", received_at=now)
    ana = Lead.objects.get(first_name="Ana")
    twin = build.lead(first_name="Anna", last_name="Reyes-Cruz", phone=ana.phone, received_at=now)

    page = desktop.new_page()
    log_in(page, f"{live_server.url}/admin/", "grace")
    enter(page, page.get_by_role("link", name="3 Overdue"))
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Ana Reyes")
    expect(rows.first).to_contain_text("overdue by")

    enter(page, page.get_by_role("link", name="Ana Reyes"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Reyes")
    timeline = page.locator("ol.timeline")
    enter(page, page.get_by_text("Add a note", exact=True))
    write(page, page.get_by_label("Note", exact=True), "Prefers mornings.")
    enter(page, page.get_by_role("button", name="Add the note"))
    expect(timeline).to_contain_text("Prefers mornings.")

    enter(page, page.get_by_text("Log a call", exact=True))
    choose(page, page.get_by_label("Outcome"), "Spoke")
    write(page, page.get_by_label("What was said"), "Wants a quote by Friday.")
    enter(page, page.get_by_role("button", name="Log the call"))
    expect(timeline).to_contain_text("Spoke with them: Wants a quote by Friday.")
    expect(page.locator(".person .badge")).to_have_text("Contacted")
    expect(page.locator(".person .overdue")).to_have_count(0)

    enter(page, page.get_by_text("Reply by e-mail", exact=True))
    press_to(page, page.get_by_label("Text", exact=True))
    page.keyboard.press("Control+Home")
    page.keyboard.type("Here is our quote. ")
    enter(page, page.get_by_role("button", name="Send the reply"))
    expect(timeline).to_contain_text("Here is our quote. Dear Ana,")
    reply = Delivery.objects.get(purpose="reply")
    assert (reply.recipient, reply.reply_to) == (ana.email, "grace@site.example")
    assert "> Ten designers in Makati by March." in reply.body

    press_to(page, page.get_by_label("Follow up on"))
    page.keyboard.type("12312099")
    enter(page, page.get_by_role("button", name="Set the follow-up"))
    expect(page.locator(".person")).to_contain_text("31 December 2099")

    choose(page, page.get_by_label("Status"), "Won")
    enter(page, page.get_by_role("button", name="Change the status"))
    expect(page.locator(".person .badge")).to_have_text("Won")
    expect(timeline).to_contain_text("Contacted → Won")

    expect(page.get_by_role("region", name="Perhaps the same person")).to_contain_text("Anna Reyes-Cruz")
    enter(page, page.get_by_role("button", name="Merge into this lead"))
    expect(page.get_by_text("was merged into this lead. It can be undone below.")).to_be_visible()
    assert Lead.objects.get(pk=twin.pk).status == "merged"
    enter(page, page.get_by_role("button", name="Undo the merge"))
    expect(page.get_by_text("Anna Reyes-Cruz is a lead of its own again.")).to_be_visible()
    assert Merge.objects.get().undone_at is not None

    enter(page, page.get_by_role("link", name="Back to the list").first)
    expect(rows).to_have_count(2)
    enter(page, page.get_by_role("link", name="Inbox", exact=True))
    with page.expect_download() as download:
        enter(page, page.get_by_role("button", name="CSV"))
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert [row["First name"] for row in csv.DictReader(io.StringIO(text))][:2] == ["Paolo", "Liza"]
    record = Export.objects.get()
    assert (record.rows_written, record.rows_expected, record.actor) == (4, 4, grace)


def test_sales_works_on_a_phone_with_or_without_javascript(live_server, phone, grace):
    now = timezone.now()
    build.lead(first_name="Ana", received_at=now)
    build.lead(first_name="Ben", email="ben@site.example", phone="+639170000009", received_at=now)
    page = phone.new_page()
    log_in(page, f"{live_server.url}/admin/", "grace")
    page.get_by_role("link", name="2 Open").click()
    page.get_by_role("link", name="Ana Reyes").click()
    page.get_by_text("Log a call", exact=True).click()
    page.get_by_label("What was said").fill("Wants a quote.")
    page.get_by_role("button", name="Log the call").click()
    expect(page.locator("ol.timeline")).to_contain_text("Spoke with them: Wants a quote.")
    page.get_by_label("Status").select_option("Lost")
    page.get_by_role("button", name="Change the status").click()
    expect(page.get_by_text("Say why Ana Reyes was lost.")).to_be_visible()
    expect(page.get_by_label("Status")).to_have_value("lost")  # the choice is kept
    page.get_by_label("Reason, if it is lost").fill("No budget")
    page.get_by_role("button", name="Change the status").click()
    expect(page.locator(".person .standing")).to_contain_text("No budget")

    page.get_by_role("link", name="Back to the list").first.click()
    page.locator("#result_list tbody").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("Change to the status chosen here")
    page.get_by_label("Status:").select_option("Contacted")
    page.locator(".actions button[name='index']").click()  # Django 5 calls it “Go”, Django 6 “Run”
    expect(page.get_by_text("1 lead is Contacted now.")).to_be_visible()
    assert dict(Lead.objects.values_list("first_name", "status")) == {"Ana": "lost", "Ben": "contacted"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_sales_pages(live_server, browser, grace, scheme):
    now = timezone.now()
    lead = build.lead(received_at=now - timedelta(days=9), attribution={"source": "google"})
    build.lead(phone=lead.phone, last_name="Cruz", received_at=now)
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    log_in(page, f"{live_server.url}/admin/", "grace")
    expect(page.locator("#user-tools")).to_be_visible()
    for path in ["", "leads/lead/", "leads/lead/?q=nobody", f"leads/lead/{lead.pk}/change/"]:
        page.goto(f"{live_server.url}/admin/{path}")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            results = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
            assert results.violations_count == 0, results.generate_report()
    context.close()


def admin_paths(superuser: User) -> list[str]:
    """The paths of all admin pages that we changed, after adding a row to each list."""
    lead = build.lead()
    build.deliveries(lead.submissions.get()).update(state="dead", last_error="550 nobody here")
    held = build.submission(leave_blank="x")
    accept(held)
    rows = {
        "leads/lead": lead.pk,
        "leads/submission": lead.submissions.get().pk,
        "leads/quarantine": Quarantine.objects.get().pk,
        "leads/salessettings": SalesSettings.objects.create().pk,
        "leads/holiday": Holiday.objects.create(day="2026-12-24", name="Christmas Eve").pk,
        "leads/replytemplate": ReplyTemplate.objects.create(name="Later", text="Dear {first_name}").pk,
        "leads/export": Export.objects.create(actor=superuser, at=timezone.now(), file_format="csv").pk,
        "outbox/delivery": Delivery.objects.latest("id").pk,
    }
    addable = [
        "leads/holiday",
        "leads/replytemplate",
        "leads/screeningrules",
        "outbox/outboxsettings",
        "outbox/endpoint",
    ]
    return [
        "",
        *(f"{model}/" for model in rows),
        *(f"{model}/{pk}/change/" for model, pk in rows.items()),
        *(f"{model}/add/" for model in [*addable, "articles/article"]),
        "leads/lead/?q=nobody",
        "leads/lead/?clock=overdue&owner=me",
        "articles/article/",
        "company/company/1/change/",
        "auth/user/",
    ]


def test_admin_pages_obey_the_csp_and_fit_a_phone(live_server, browser, complaints, grace):
    grace.is_superuser = True
    grace.save()
    paths = admin_paths(grace)
    for viewport in ({"width": 390, "height": 844}, {"width": 1280, "height": 900}):
        context = browser.new_context(viewport=viewport)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.text} ({message.location})"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        log_in(page, f"{live_server.url}/admin/", "grace")
        expect(page.locator("#user-tools")).to_be_visible()
        for path in paths:
            response = page.goto(f"{live_server.url}/admin/{path}")
            assert response is not None
            assert response.status == 200, path
            if "article" not in path and "company" not in path:
                assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        context.close()
    assert complaints == []
