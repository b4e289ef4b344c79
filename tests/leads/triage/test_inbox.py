import html
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.timezone import localdate

from leads.models import Lead, Quarantine, Submission
from leads.reference import grouped
from leads.triage import inbox_queries
from leads.triage.inbox_queries import VIEWS
from tests import build
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

LEADS = "/admin/leads/lead/"
SUBMISSIONS = "/admin/leads/submission/"
QUERIES = {LEADS: 15, SUBMISSIONS: 6}


def test_the_inbox_shows_name_request_status_and_source(sales):
    lead = build.lead(space_requirements="Ten designers in Makati.\nBy March.", attribution={"source": "google / cpc"})
    page = text_of(sales.get(LEADS))
    assert "Ana Reyes" in page
    assert "Ten designers in Makati." in page
    assert "By March" not in page
    assert '<span class="badge new">New</span>' in page
    assert "google / cpc" in page
    assert f'<a href="tel:{lead.phone}">' in page


def listed(response) -> list[str]:
    return [lead.first_name for lead in response.context["cl"].result_list]


def test_the_inbox_orders_open_leads_by_due_time_then_newest(sales):
    now = timezone.now()
    for name, due, received in [
        ("Done", None, now - timedelta(days=9)),
        ("Soon", now + timedelta(hours=1), now),
        ("Late", now - timedelta(hours=1), now),
        ("Latest", now - timedelta(days=2), now),
        ("Newer", None, now - timedelta(days=1)),
    ]:
        lead = build.lead(first_name=name)
        Lead.objects.filter(pk=lead.pk).update(due_at=due, last_submission_at=received)
    for status in ["won", "lost", "spam", "merged"]:
        Lead.objects.filter(pk=build.lead(first_name=status).pk).update(status=status)
    assert listed(sales.get(LEADS)) == ["Latest", "Late", "Soon", "Newer", "Done"]


def test_due_and_overdue_are_shown_in_working_time(sales, monkeypatch):
    monday = datetime(2026, 11, 16, 10, 30, tzinfo=ZoneInfo("Asia/Manila"))
    monkeypatch.setattr(timezone, "now", lambda: monday)
    build.lead(received_at=monday - timedelta(minutes=18))
    build.lead(received_at=monday - timedelta(days=3, minutes=25))  # on Friday
    page = text_of(sales.get(LEADS))
    assert "due in 42 min" in page
    assert "18 min old" in page
    assert '<strong class="overdue">overdue by 8 h 25 min</strong>' in page


def test_each_view_is_a_link_to_its_list(sales):
    me = User.objects.get()
    now = timezone.now()
    rows: dict[str, dict] = {
        "mine": {"owner": me, "due_at": None},
        "nobodys": {"due_at": now + timedelta(days=1)},
        "late": {"due_at": now - timedelta(days=1), "owner": build.staff("Sales")},
        "today": {"follow_up_on": localdate(), "owner": me, "due_at": None},
        "tomorrow": {"follow_up_on": localdate() + timedelta(days=1), "owner": me, "due_at": None},
        "won": {"status": "won", "closed_at": now, "owner": me, "due_at": None},
        "won before": {"status": "won", "closed_at": now - timedelta(days=40), "owner": me, "due_at": None},
        "lost": {"status": "lost", "closed_at": now, "due_at": None},
    }
    for name, changes in rows.items():
        Lead.objects.filter(pk=build.lead(first_name=name).pk).update(**changes)
    page = text_of(sales.get(LEADS))
    shown = {
        "": ["late", "mine", "nobodys", "today", "tomorrow"],
        "owner=me": ["mine", "today", "tomorrow"],
        "owner=none": ["nobodys"],
        "clock=overdue": ["late"],
        "follow_up=due": ["today"],
        "status=all": sorted(rows),
        "status=won&closed=month": ["won"],
        "status=lost&closed=month": ["lost"],
    }
    assert [query for _, query in VIEWS] == list(shown)
    for query, names in shown.items():
        assert f'href="?{query}"'.replace("&", "&amp;") in page
        assert sorted(listed(sales.get(f"{LEADS}?{query}"))) == names


def test_filter_counts_respect_the_other_filters(sales):
    me = User.objects.get()
    article = build.article(title="Rent and Run")
    for number in range(5):
        lead = build.lead(
            attribution={"source": "google"} if number < 3 else {},
            page=article.get_absolute_url() if number < 2 else "/contact/",
            received_at=timezone.now() - timedelta(days=20 * number),
        )
        Lead.objects.filter(pk=lead.pk).update(
            owner=me if number % 2 else None, status="new" if number else "contacted"
        )
    Lead.objects.filter(pk=build.lead().pk).update(status="won")
    page = text_of(sales.get(LEADS))
    for choice in [
        "Open (5)", "New (4)", "Contacted (1)", "Won (1)", "Mine (2)", "Unassigned (3)", "google (3)", "Not known (2)",
        "Rent and Run (2)", "Quick Contact (3)", "Today (1)", "Last 7 days (1)", "Last 30 days (2)", "Last 90 days (5)",
    ]:  # fmt: skip
        assert f">{choice}</a>" in page
    page = text_of(sales.get(f"{LEADS}?source=google&owner=none"))
    for choice in ["Open (2)", "Mine (1)", "Unassigned (2)", "google (2)", "Not known (1)"]:
        assert f">{choice}</a>" in page
    assert len(listed(sales.get(f"{LEADS}?source=google&owner=none"))) == 2
    assert len(listed(sales.get(f"{LEADS}?source=-&article=/contact/"))) == 2
    assert len(listed(sales.get(f"{LEADS}?received=30"))) == 2


def test_each_filter_count_equals_its_list_or_is_missing(sales):
    me = User.objects.get()
    for number, status in enumerate(["new", "won", "won"]):
        lead = build.lead(first_name="Ana", email=f"ana{number}@site.example", phone=f"+6391700000{number:02}")
        Lead.objects.filter(pk=lead.pk).update(status=status, owner=me if number else None)
    for query in ["", "?owner=me", "?received=7", "?q=ana", "?q=ana&owner=me", "?status=won"]:
        page = sales.get(f"{LEADS}{query}")
        choices = re.findall(r'<a href="([^"]+)">[^<]* \(([\d,]+)\)</a>', text_of(page))
        assert choices or "q=" in query
        for url, number in choices:
            assert len(listed(sales.get(LEADS + html.unescape(url)))) == int(number), (query, url)
    assert ">Any</a>" in text_of(sales.get(f"{LEADS}?q=ana"))


@pytest.mark.parametrize(
    "query",
    ["owner=x", "owner=99999999999999999999", "created=x", "created=9999-12-31", "p=x", "status=x", "article=%00"],
)
def test_invalid_query_parameters_cause_no_error(sales, query):
    assert sales.get(f"{LEADS}?{query}", follow=True).status_code == 200


def test_days_in_filters_are_days_in_manila(sales):
    build.lead(first_name="Ana", received_at=datetime(2026, 11, 22, 17, tzinfo=UTC))  # Monday, one o'clock
    assert listed(sales.get(f"{LEADS}?status=all&created=2026-11-23")) == ["Ana"]
    assert listed(sales.get(f"{LEADS}?status=all&created=2026-11-16..2026-11-22")) == []


def test_a_search_covers_every_status_unless_filtered(sales):
    lead = build.lead(first_name="Closed", space_requirements="Ten crêpe makers.")
    Lead.objects.filter(pk=lead.pk).update(status="lost")
    for term in ["closed", lead.email, "crepe makers", lead.phone, grouped(lead.submissions.get().reference)]:
        assert listed(sales.get(LEADS, {"q": term})) == ["Closed"]
    assert listed(sales.get(LEADS, {"q": "closed", "status": "new"})) == []


def test_counting_stops_at_a_limit(sales, monkeypatch):
    monkeypatch.setattr(inbox_queries, "COUNTED_MAX", 3)
    for _ in range(5):
        build.lead()
    page = text_of(sales.get(LEADS))
    assert "There are more than these" in page
    assert Lead.objects.count() == 5


def bulk(browser, action: str, *leads: Lead, **changes: str):
    data = {"action": action, "_selected_action": [lead.pk for lead in leads], **changes}
    return text_of(browser.post(LEADS, data, follow=True))


def test_sales_takes_only_leads_without_an_owner(sales):
    me, other = User.objects.get(), build.staff("Sales")
    free, taken = build.lead(), build.lead()
    Lead.objects.filter(pk=taken.pk).update(owner=other)
    page = bulk(sales, "take", free, taken)
    assert "1 lead is yours now." in page
    assert "1 left as they were: they have an owner." in page
    assert [lead.owner for lead in Lead.objects.order_by("pk")] == [me, other]
    bulk(sales, "assign_to", free, to=str(other.pk))
    assert Lead.objects.get(pk=free.pk).owner == me


def test_a_manager_assigns_leads_to_any_member(manager):
    other = build.staff("Sales", first_name="Ben", last_name="Cruz")
    leads = [build.lead(), build.lead()]
    assert "2 leads are Ben Cruz&#x27;s now." in bulk(manager, "assign_to", *leads, to=str(other.pk))
    assert Lead.objects.filter(owner=other).count() == 2
    assert "Choose the owner" in bulk(manager, "assign_to", *leads)


def test_only_managers_see_the_field_for_a_new_owner(client):
    build.lead()
    for role, is_shown in [("Sales", False), ("Sales managers", True)]:
        client.force_login(build.staff(role))
        assert ('name="to"' in text_of(client.get(LEADS))) == is_shown


def test_a_bulk_move_names_the_leads_it_cannot_move(sales):
    good, bad = build.lead(), build.lead(first_name="Closed")
    Lead.objects.filter(pk=bad.pk).update(status="won")
    page = bulk(sales, "move", good, bad, status="lost", reason="No budget")
    assert "1 lead is Lost now." in page
    data = {"action": "move", "_selected_action": [bad.pk], "status": "lost", "reason": "x"}
    page = text_of(sales.post(f"{LEADS}?status=all", data, follow=True))
    assert "Closed Reyes is “Won”, which cannot become “Lost”" in page
    assert Lead.objects.get(pk=good.pk).lost_reason == "No budget"
    assert "Choose the status" in bulk(sales, "move", good, status="")
    open_lead = build.lead()
    for wrong in ({"reason": "x" * 201}, {"reason": "x\0y"}, {"status": "merged"}, {"status": "abducted"}):
        assert "No action selected." in bulk(sales, "move", open_lead, **{"status": "lost", "reason": "x", **wrong})
    assert Lead.objects.get(pk=open_lead.pk).status == "new"


def test_a_bulk_action_marks_leads_as_spam(sales):
    lead = build.lead(email="ana@example.com")
    build.lead(email="ana@example.com")
    assert "1 lead is spam now." in bulk(sales, "spam", lead)
    assert Quarantine.objects.filter(released_at=None).count() == 2
    assert Lead.objects.get().status == "spam"


def test_sales_finds_a_lead_by_its_reference(sales):
    lead = build.lead(first_name="Wanted")
    build.lead(first_name="Other")
    page = text_of(sales.get(LEADS, {"q": grouped(lead.submissions.get().reference)}))
    assert "Wanted" in page
    assert "Other" not in page


def test_a_lead_shows_all_enquiries_and_its_timeline(sales):
    lead = build.lead(space_requirements="Ten designers.", email="ana@example.com", phone_as_typed="0917 123 4567")
    build.lead(space_requirements="And five accountants.", email="ana@example.com")
    page = text_of(sales.get(f"{LEADS}{lead.pk}/change/"))
    for shown in ["Ten designers.", "And five accountants.", "Enquiry received", "Wrote again", "0917 123 4567"]:
        assert shown in page
    for submission in Submission.objects.all():
        assert grouped(submission.reference) in page


def test_text_of_visitors_is_escaped(sales):
    lead = build.lead(space_requirements="<script>alert(1)</script> ten desks", first_name="<b>Ana</b>")
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        page = text_of(sales.get(url))
        assert "<script>alert" not in page
        assert "<b>Ana" not in page


@pytest.mark.parametrize("role", ["sales", "superuser"])
def test_submissions_are_read_only_for_everybody(request, role):
    browser = request.getfixturevalue(role)
    submission = build.lead().submissions.get()
    url = f"{SUBMISSIONS}{submission.pk}/"
    page = text_of(browser.get(f"{url}change/"))
    assert "Ten designers in Makati by March." in page
    assert 'name="_save"' not in page
    assert browser.post(f"{url}change/", {"first_name": "Eve"}).status_code == 403
    assert browser.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    assert browser.get(f"{SUBMISSIONS}add/").status_code == 403
    browser.post(SUBMISSIONS, {"action": "delete_selected", "_selected_action": [submission.pk], "post": "yes"})
    assert Submission.objects.get().first_name == "Ana"


@pytest.mark.parametrize("role", ["sales", "superuser"])
def test_leads_are_neither_added_nor_deleted_by_hand(request, role):
    browser = request.getfixturevalue(role)
    lead = build.lead()
    assert browser.get(f"{LEADS}add/").status_code == 403
    assert browser.post(f"{LEADS}{lead.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(LEADS, {"action": "delete_selected", "_selected_action": [lead.pk], "post": "yes"})
    assert Lead.objects.exists()


def test_submissions_are_searched_like_leads(sales):
    wanted = build.lead(first_name="Wanted", phone="+639171234567").submissions.get()
    build.lead(first_name="Other")
    for term in [grouped(wanted.reference), "0917 123 4567", "wanted"]:
        page = text_of(sales.get(SUBMISSIONS, {"q": term}))
        assert "Wanted" in page
        assert "Other" not in page


def test_anonymous_users_and_editors_see_no_lead(client, editor):
    lead = build.lead()
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        assert editor.get(url).status_code == 403
    client.logout()
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_a_missing_lead_shows_a_message(sales):
    assert "doesn’t exist" in text_of(sales.get(f"{LEADS}999/change/", follow=True))


def test_an_empty_inbox_is_no_error(sales):
    assert sales.get(LEADS).status_code == 200


@pytest.mark.parametrize("leads", [1, 40])
@pytest.mark.parametrize("url", [LEADS, SUBMISSIONS])
def test_a_list_takes_the_same_queries_for_one_and_many_rows(sales, leads, url, django_assert_num_queries):
    for _ in range(leads):
        build.lead()
    with django_assert_num_queries(QUERIES[url]):
        sales.get(url)
