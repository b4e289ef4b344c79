"""The page of a lead and its actions."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from leads.actions.activity import assign
from leads.actions.merge import merge
from leads.models import Event, Lead, Merge, ReplyTemplate, Status
from leads.outbox.models import Delivery
from tests import build
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db


def url(lead: Lead) -> str:
    return f"/admin/leads/lead/{lead.pk}/change/"


def key() -> str:
    return str(uuid4())


def test_the_page_shows_contact_enquiry_and_timeline(sales):
    lead = build.lead(space_requirements="Ten desks,\nby March.", attribution={"source": "google", "gclid": "x<y"})
    page = text_of(sales.get(url(lead)))
    assert f'href="tel:{lead.phone}"' in page
    assert f'href="mailto:{lead.email}"' in page
    for shown in ["Ten desks,\nby March.", "gclid: x&lt;y", "Enquiry received", "Acknowledgement to", "pending"]:
        assert shown in page


def test_a_call_a_note_and_a_reply_are_on_the_timeline(sales):
    lead = build.lead()
    sales.post(url(lead), {"do": "call", "outcome": "no_answer", "text": "Busy.", "key": key()})
    sales.post(url(lead), {"do": "note", "text": "Prefers mornings.", "key": key()})
    response = sales.post(url(lead), {"do": "reply", "subject": "Desks", "text": "Dear Ana", "key": key()}, follow=True)
    page = text_of(response)
    assert "Your reply is on its way" in page
    for shown in ["No answer: Busy.", "Prefers mornings.", "Desks\n\nDear Ana", "Reply by e-mail", "New → Contacted"]:
        assert shown in page
    assert Delivery.objects.get(purpose="reply").recipient == lead.email
    assert f'value="{Lead.objects.get().version}"' in page


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"do": "note", "text": ""}, "This field is required."),
        ({"do": "call", "outcome": "abducted", "text": "Kept text"}, "not one of the available choices"),
        ({"do": "reply", "subject": "", "text": "Kept text"}, "This field is required."),
        ({"do": "follow_up", "day": "soon", "version": "0"}, "Enter a valid date."),
        ({"do": "status", "status": "abducted", "version": "0"}, "not one of the available choices"),
        ({"do": "status", "status": "lost", "reason": "", "version": "0"}, "Say why Ana Reyes was lost."),
        ({"do": "status", "status": "won", "version": "0"}, "not one of the available choices"),
        ({"do": "explode"}, "Nothing was done"),
        ({}, "Nothing was done"),
    ],
)
def test_an_invalid_post_changes_nothing_and_keeps_its_text(sales, posted, sentence):
    lead = build.lead()
    before = lead.events.count()
    response = sales.post(url(lead), {"key": key(), **posted})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert ("Kept text" in text_of(response)) == ("Kept text" in posted.values())
    assert lead.events.count() == before
    assert Lead.objects.get().version == 0


def test_a_stale_post_answers_409_and_keeps_its_text(sales):
    lead = build.lead()
    Lead.objects.filter(pk=lead.pk).update(version=1)
    posted = {"do": "status", "status": "lost", "reason": "Too far away", "version": "0"}
    response = sales.post(url(lead), posted)
    assert response.status_code == 409
    page = text_of(response)
    assert "changed this lead while you had it open" in page
    assert "Too far away" in page
    assert Lead.objects.get().status == "new"
    now = re.search(r'id="status">.*?name="version" value="(\d+)"', page, re.DOTALL)[1]  # type: ignore[index]
    assert sales.post(url(lead), {**posted, "version": now}).status_code == 302
    assert Lead.objects.get().lost_reason == "Too far away"


def test_spam_moves_the_enquiries_to_quarantine(sales):
    lead = build.lead()
    sales.post(url(lead), {"do": "status", "status": "spam", "version": "0"})
    assert Lead.objects.get().status == "spam"
    assert "in quarantine" in text_of(sales.get(url(lead)))
    assert Delivery.objects.filter(state="pending").count() == 0


def test_a_reply_begins_with_a_template_and_quotes_the_enquiry(sales):
    build.company(name="Bayani & Partners")
    User.objects.update(first_name="Ben", last_name="Cruz")
    lead = build.lead(first_name="Ana", space_requirements="Ten desks.\nBy March.")
    page = text_of(sales.get(url(lead)))
    assert "Dear Ana,\n\n\n\nKind regards,\nBen Cruz\nBayani &amp; Partners" in page
    assert "On 23 November 2026 you wrote:\n&gt; Ten desks.\n&gt; By March." in page
    template = ReplyTemplate.objects.create(name="Later", subject="Re {reference}", text="Hello {last_name}, {me}")
    page = text_of(sales.get(url(lead), {"template": template.pk}))
    assert "Hello Reyes, Ben Cruz\n\nOn 23 November" in page
    assert sales.get(url(lead), {"template": "x"}).status_code == 200


def test_a_template_with_an_unknown_placeholder_is_refused(manager):
    posted = {"name": "A", "subject": "Hello", "text": "Dear {nickname}"}
    response = manager.post("/admin/leads/replytemplate/add/", posted)
    assert "Braces hold one of the names" in text_of(response)
    assert manager.post("/admin/leads/replytemplate/add/", {**posted, "text": "Dear {first_name}"}).status_code == 302


def test_sales_takes_a_lead(sales):
    lead = build.lead()
    assert "Assign to me" in text_of(sales.get(url(lead)))
    sales.post(url(lead), {"do": "take", "version": "0"})
    lead = Lead.objects.get()
    assert lead.owner == User.objects.get()
    assert "Assign to me" not in text_of(sales.get(url(lead)))
    other = build.lead()
    Lead.objects.filter(pk=other.pk).update(owner=build.staff("Sales"))
    assert sales.post(url(other), {"do": "take", "version": "0"}).status_code == 403


def test_the_second_of_two_who_take_a_lead_learns_who_was_first(sales):
    lead, ben = build.lead(), build.staff("Sales", first_name="Ben", last_name="Cruz")
    assign(lead, ben, actor=ben, at=build.NOON, version=0)
    response = sales.post(url(lead), {"do": "take", "version": "0"})
    assert response.status_code == 409
    assert "changed this lead while you had it open: Owner changed nobody → Ben Cruz" in text_of(response)
    assert Lead.objects.get().owner == ben


def test_a_manager_assigns_and_unassigns_a_lead(manager):
    lead, ben = build.lead(), build.staff("Sales")
    manager.post(url(lead), {"do": "assign", "owner": ben.pk, "version": "0"})
    assert Lead.objects.get().owner == ben
    manager.post(url(lead), {"do": "assign", "owner": "", "version": "1"})
    assert Lead.objects.get().owner is None
    assert (
        manager.post(url(lead), {"do": "assign", "owner": build.staff("Editors").pk, "version": "2"}).status_code == 422
    )


def test_a_manager_merges_leads_and_undoes_the_merge(manager):
    lead = build.lead(phone="+639170000000")
    other = build.lead(first_name="Benigno", last_name="Cruz", phone="+639170000000")
    page = text_of(manager.get(url(lead)))
    assert "Perhaps the same person" in page
    response = manager.post(url(lead), {"do": "merge", "other": other.pk}, follow=True)
    assert "Benigno Cruz was merged into this lead" in text_of(response)
    assert "Merged into" in text_of(manager.get(url(other)))
    response = manager.post(url(lead), {"do": "undo_merge", "merged": Merge.objects.get().pk}, follow=True)
    assert "Benigno Cruz is a lead of its own again." in text_of(response)
    assert Lead.objects.get(pk=other.pk).status == Status.NEW
    assert manager.post(url(lead), {"do": "merge", "other": "x"}).status_code == 422
    assert manager.post(url(lead), {"do": "undo_merge", "merged": "99"}).status_code == 422


def test_the_timeline_includes_the_merged_lead(manager):
    lead, other = build.lead(), build.lead()
    manager.post(url(other), {"do": "note", "text": "Said before.", "key": key()})
    merge(other, lead, actor=User.objects.get(), at=build.NOON)
    assert "Said before." in text_of(manager.get(url(lead)))


def test_actions_on_a_merged_lead_go_to_the_surviving_lead(sales):
    surviving, absorbed = build.lead(), build.lead(first_name="Anna")
    merge(absorbed, surviving, actor=build.staff("Sales managers"), at=build.NOON)
    assert "Log a call" not in text_of(sales.get(url(absorbed)))
    response = sales.post(url(absorbed), {"do": "reply", "subject": "Desks", "text": "Dear Ana", "key": key()})
    assert response["Location"] == url(surviving)
    assert Delivery.objects.get(purpose="reply").recipient == absorbed.email
    surviving.refresh_from_db()
    assert (surviving.status, surviving.due_at) == (Status.CONTACTED, None)
    stale = {"do": "status", "status": "qualified", "version": str(surviving.version)}
    response = sales.post(url(absorbed), stale)
    assert response.status_code == 409
    assert "Anna Reyes was merged into this lead while you had it open." in text_of(response)
    assert f'action="{url(surviving)}"' in text_of(response)  # sent again from there, it succeeds
    assert Lead.objects.get(pk=surviving.pk).status == Status.CONTACTED


def test_sales_sees_duplicates_but_cannot_merge_them(sales):
    lead, other = build.lead(phone="+639170000000"), build.lead(last_name="Cruz", phone="+639170000000")
    page = text_of(sales.get(url(lead)))
    assert "Perhaps the same person" in page
    assert "Merge into this lead" not in page
    assert sales.post(url(lead), {"do": "merge", "other": other.pk}).status_code == 403
    assert not Merge.objects.exists()


def test_previous_and_next_follow_the_list_of_origin(sales):
    leads = [build.lead(received_at=build.NOON.replace(hour=hour)) for hour in (3, 2, 1)]
    Lead.objects.filter(pk=leads[1].pk).update(status="won")
    filters = "_changelist_filters=status%3Dall"

    def neighbour(lead: Lead, rel: str, query: str = filters) -> int | None:
        link = re.search(rf'rel="{rel}" href="/admin/leads/lead/(\d+)/', text_of(sales.get(f"{url(lead)}?{query}")))
        return int(link[1]) if link else None

    assert neighbour(leads[0], "next") == leads[1].pk
    assert neighbour(leads[1], "prev") == leads[0].pk
    assert neighbour(leads[2], "next") is None
    assert neighbour(leads[0], "prev") is None
    assert neighbour(leads[2], "next", "") == leads[0].pk  # the inbox starts with the earliest due time
    assert neighbour(leads[1], "next", "") == leads[2].pk  # not in the inbox: the first of the inbox follows
    assert sales.get(f"{url(leads[0])}?_changelist_filters=p%3Dx").status_code == 200


def test_a_long_history_takes_no_more_queries(sales, django_assert_max_num_queries):
    lead = build.lead()
    sales.get(url(lead))
    for number in range(30):
        sales.post(url(lead), {"do": "note", "text": f"Note {number}", "key": key()})
        build.lead(email=lead.email, phone=lead.phone)
    with django_assert_max_num_queries(26):
        sales.get(url(lead))


def test_only_sales_opens_the_page(client, editor):
    lead = build.lead()
    assert editor.get(url(lead)).status_code == 403
    assert editor.post(url(lead), {"do": "note", "text": "x", "key": key()}).status_code == 403
    client.logout()
    assert client.get(url(lead)).status_code == 302
    assert Event.objects.filter(kind=Event.Kind.NOTE).count() == 0


def test_text_of_visitors_is_escaped(sales):
    lead = build.lead(
        first_name="<b>Ana", space_requirements="<script>alert(1)</script> desks", attribution={"utm_term": "<i>"}
    )
    page = text_of(sales.get(url(lead)))
    for never in ["<script>alert", "<b>Ana", "<i>"]:
        assert never not in page
