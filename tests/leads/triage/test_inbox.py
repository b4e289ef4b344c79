import pytest

from leads.models import Event, Lead, Submission
from leads.reference import grouped
from tests import build

pytestmark = pytest.mark.django_db

LEADS = "/admin/leads/lead/"
SUBMISSIONS = "/admin/leads/submission/"
QUERIES = 7  # session, user, permissions twice, count twice, rows


def text(response):
    return response.content.decode()


def test_sales_sees_who_wrote_what_they_want_and_where_it_stands(sales):
    lead = build.lead(space_requirements="Ten designers in Makati.\nBy March.")
    page = text(sales.get(LEADS))
    assert "Ana Reyes" in page
    assert "Ten designers in Makati." in page
    assert "By March" not in page
    assert "New" in page
    assert f'<a href="tel:{lead.phone}">' in page


def test_the_latest_enquiry_stands_first(sales):
    build.lead(first_name="Older", received_at=build.NOON)
    build.lead(first_name="Newer", received_at=build.NOON.replace(hour=13))
    page = text(sales.get(LEADS))
    assert page.index("Newer") < page.index("Older")


def test_sales_finds_a_lead_by_its_reference(sales):
    lead = build.lead(first_name="Wanted")
    build.lead(first_name="Other")
    page = text(sales.get(LEADS, {"q": grouped(lead.submissions.get().reference)}))
    assert "Wanted" in page
    assert "Other" not in page


def test_a_lead_shows_everything_that_was_sent_and_its_timeline(sales):
    lead = build.lead(space_requirements="Ten designers.", email="ana@example.com")
    build.lead(space_requirements="And five accountants.", email="ana@example.com")
    page = text(sales.get(f"{LEADS}{lead.pk}/change/"))
    for shown in ["Ten designers.", "And five accountants.", "Enquiry received", "Wrote again", "0917 123 4567"]:
        assert shown in page
    for submission in Submission.objects.all():
        assert grouped(submission.reference) in page


def test_what_a_visitor_wrote_is_shown_never_run(sales):
    lead = build.lead(space_requirements="<script>alert(1)</script> ten desks", first_name="<b>Ana</b>")
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        page = text(sales.get(url))
        assert "<script>alert" not in page
        assert "<b>Ana" not in page


def inlines(**changes):
    data: dict[str, str] = {}
    for prefix in ["submissions", "events"]:
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return data | changes


def test_sales_changes_the_status_and_the_timeline_says_who(sales):
    lead = build.lead()
    response = sales.post(f"{LEADS}{lead.pk}/change/", inlines(status="contacted"))
    assert response.status_code == 302
    lead.refresh_from_db()
    assert lead.status == Lead.Status.CONTACTED
    event = lead.events.get(kind=Event.Kind.STATUS)
    assert event.detail == "New → Contacted"
    assert event.actor is not None
    assert event.actor.groups.get().name == "Sales"


def test_saving_without_a_change_adds_nothing_to_the_timeline(sales):
    lead = build.lead()
    sales.post(f"{LEADS}{lead.pk}/change/", inlines(status="new"))
    assert lead.events.count() == 1


def test_a_changed_status_takes_the_mark_wrote_again_away(sales):
    lead = build.lead(email="ana@example.com")
    build.lead(email="ana@example.com")
    sales.post(f"{LEADS}{lead.pk}/change/", inlines(status="contacted"))
    lead.refresh_from_db()
    assert lead.wrote_again is False


def test_a_status_that_does_not_exist_is_refused(sales):
    lead = build.lead()
    response = sales.post(f"{LEADS}{lead.pk}/change/", inlines(status="abducted"))
    assert response.status_code == 200
    assert "not one of the available choices" in text(response)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.NEW


def test_nothing_but_the_status_can_be_posted(sales):
    lead = build.lead()
    sales.post(f"{LEADS}{lead.pk}/change/", inlines(status="new", first_name="Eve", email="eve@example.com"))
    lead.refresh_from_db()
    assert (lead.first_name, lead.email) != ("Eve", "eve@example.com")
    assert lead.first_name == "Ana"


@pytest.mark.parametrize("role", ["sales", "superuser"])
def test_submissions_are_read_only_for_everybody(request, role):
    browser = request.getfixturevalue(role)
    submission = build.lead().submissions.get()
    url = f"{SUBMISSIONS}{submission.pk}/"
    page = text(browser.get(f"{url}change/"))
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
        page = text(sales.get(SUBMISSIONS, {"q": term}))
        assert "Wanted" in page
        assert "Other" not in page


def test_strangers_and_editors_see_no_lead(client, editor):
    lead = build.lead()
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        assert editor.get(url).status_code == 403
    client.logout()
    for url in [LEADS, f"{LEADS}{lead.pk}/change/", SUBMISSIONS]:
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_a_missing_lead_is_said_to_be_missing(sales):
    assert "doesn’t exist" in text(sales.get(f"{LEADS}999/change/", follow=True))


def test_an_empty_inbox_is_no_error(sales):
    assert sales.get(LEADS).status_code == 200


@pytest.mark.parametrize("leads", [1, 40])
@pytest.mark.parametrize("url", [LEADS, SUBMISSIONS])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_one(sales, leads, url, django_assert_num_queries):
    for _ in range(leads):
        build.lead()
    with django_assert_num_queries(QUERIES):
        sales.get(url)
