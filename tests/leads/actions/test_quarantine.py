"""Release admits a held enquiry once; marking it as spam reverses that."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from leads.actions import quarantine
from leads.actions.change_status import change_status
from leads.actions.lead_row import lock_lead
from leads.actions.merge import merge
from leads.actions.quarantine import mark_spam, release
from leads.models import Event, Lead, Quarantine, Status, Submission
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept
from tests.support.databases import needs_concurrent_writes
from tests.support.simultaneous import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def held() -> Quarantine:
    return accept(build.submission(leave_blank="x")).quarantine


@pytest.fixture
def ben() -> User:
    return build.staff("Sales")


def kinds(lead: Lead) -> list[str]:
    return [event.kind for event in lead.events.order_by("id")]


def test_release_opens_the_lead_and_records_the_actor(held, ben):
    assert release(held, actor=ben, at=build.NOON)
    lead = Lead.objects.get()
    assert Submission.objects.get().lead == lead
    assert kinds(lead) == [Event.Kind.OPENED, Event.Kind.RELEASED]
    assert lead.events.latest("id").actor == ben
    held.refresh_from_db()
    assert (held.released_by, held.released_at) == (ben, build.NOON)


def test_release_joins_the_lead_of_a_known_person(held, ben):
    known = build.lead(email="ana@example.com")
    release(held, actor=ben, at=build.NOON)
    known.refresh_from_db()
    assert (known.submissions.count(), known.wrote_again) == (2, True)


def test_release_happens_once(held, ben):
    assert [release(held, actor=ben, at=build.NOON) for _ in range(2)] == [True, False]
    assert kinds(Lead.objects.get()) == [Event.Kind.OPENED, Event.Kind.RELEASED]


@pytest.mark.django_db(transaction=True)
def test_of_eight_simultaneous_releases_one_counts():
    held = accept(build.submission(leave_blank="x")).quarantine
    ben = User.objects.create_user("ben")
    done = at_once(lambda _: release(Quarantine.objects.get(), actor=ben, at=build.NOON), times=8)
    assert sorted(done) == [False] * 7 + [True]
    assert kinds(Lead.objects.get()) == [Event.Kind.OPENED, Event.Kind.RELEASED]
    assert held.submission_id == Submission.objects.get().pk
    connection.close()


def test_spam_closes_the_lead_of_its_only_enquiry_until_release(ben):
    lead = build.lead()
    submission = lead.submissions.get()
    assert mark_spam(submission, actor=ben, at=build.NOON)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.SPAM
    assert not mark_spam(submission, actor=ben, at=build.NOON)
    held = Quarantine.objects.get()
    assert held.reasons == [f"{ben} marked it as spam."]
    assert release(held, actor=ben, at=build.NOON)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.NEW
    assert kinds(lead) == [
        Event.Kind.OPENED, Event.Kind.SPAM, Event.Kind.STATUS, Event.Kind.STATUS, Event.Kind.RELEASED,
    ]  # fmt: skip
    assert mark_spam(submission, actor=ben, at=build.NOON)
    assert Quarantine.objects.get().released_at is None


def test_spam_does_not_close_a_lead_with_another_enquiry(ben):
    lead = build.lead(email="ana@example.com")
    other = accept(build.submission())
    mark_spam(other, actor=ben, at=build.NOON)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.NEW
    assert kinds(lead)[-1] == Event.Kind.SPAM


URL = "/admin/leads/quarantine/"


def test_reopening_a_spam_lead_restores_enquiries_and_messages(ben):
    lead = build.lead(email="ana@example.com")
    build.lead(email="ana@example.com")
    pending = sorted(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    change_status(lead, Status.SPAM, actor=ben, at=build.NOON)
    change_status(lead, Status.SPAM, actor=ben, at=build.NOON)  # a repetition changes nothing
    assert Quarantine.objects.filter(released_at=None).count() == 2
    assert not Delivery.objects.filter(state="pending").exists()
    change_status(lead, Status.NEW, actor=ben, at=build.NOON)
    change_status(lead, Status.NEW, actor=ben, at=build.NOON)
    assert not Quarantine.objects.filter(released_at=None).exists()
    assert sorted(Delivery.objects.filter(state="pending").values_list("pk", flat=True)) == pending
    lead.refresh_from_db()
    assert lead.status == Status.NEW
    assert lead.due_at is not None
    assert kinds(lead).count(Event.Kind.RELEASED) == 2


@needs_concurrent_writes
@pytest.mark.django_db(transaction=True)
def test_opposite_spam_decisions_never_deadlock():
    call_command("migrate", verbosity=0)
    ben = build.staff("Sales")
    lead = build.lead()
    submission = lead.submissions.get()
    mark_spam(submission, actor=ben, at=build.NOON)
    held = Quarantine.objects.get()
    decisions: list[Callable[[], Any]] = [
        lambda: mark_spam(submission, actor=ben, at=build.NOON),
        lambda: change_status(lead, Status.SPAM, actor=ben, at=build.NOON),
        lambda: release(held, actor=ben, at=build.NOON),
        lambda: change_status(lead, Status.NEW, actor=ben, at=build.NOON),
    ]
    for _ in range(10):
        at_once(lambda number: decisions[number](), times=len(decisions))
        is_held = Quarantine.objects.filter(submission=submission, released_at=None).exists()
        assert (Lead.objects.get(pk=lead.pk).status == Status.SPAM) == is_held


def test_sales_sees_held_enquiries_and_their_reasons(sales, held, ben):
    other = accept(build.submission(leave_blank="y", last_name="Santos", email="s@example.com")).quarantine
    release(other, actor=ben, at=build.NOON)
    waiting, released, everything = (
        sales.get(URL + query).content.decode() for query in ["", "?state=released", "?state=all"]
    )
    assert "Reyes" in waiting
    assert "A field that people do not see was filled in." in waiting
    assert "Santos" not in waiting
    assert ("Santos" in released, "Reyes" in released) == (True, False)
    assert ("Santos" in everything, "Reyes" in everything) == (True, True)


def test_sales_releases_from_the_list(sales, held):
    response = sales.post(URL, {"action": "release_selected", "_selected_action": [held.pk]}, follow=True)
    assert "One enquiry released." in response.content.decode()
    assert Lead.objects.count() == 1


def test_sales_releases_from_the_page_and_sees_the_lead(sales, held):
    page = sales.get(f"{URL}{held.pk}/change/").content.decode()
    assert "Release: sales gets this enquiry" in page
    assert "Ten designers in Makati by March." in page
    response = sales.post(f"{URL}{held.pk}/change/", {"_release": "1"})
    assert response["Location"] == f"/admin/leads/lead/{Lead.objects.get().pk}/change/"
    assert "Release: sales" not in sales.get(f"{URL}{held.pk}/change/").content.decode()
    again = sales.post(f"{URL}{held.pk}/change/", {"_release": "1"}, follow=True)
    assert "Somebody released it before." in again.content.decode()
    assert kinds(Lead.objects.get()) == [Event.Kind.OPENED, Event.Kind.RELEASED]


def test_sales_marks_spam_from_the_list_of_submissions(sales):
    submission = build.lead().submissions.get()
    data = {"action": "mark_as_spam", "_selected_action": [submission.pk]}
    assert "1 marked as spam" in sales.post("/admin/leads/submission/", data, follow=True).content.decode()
    assert Quarantine.objects.get().submission == submission


@pytest.mark.parametrize("path", [URL, "/admin/leads/screeningrules/"])
def test_anonymous_users_and_editors_are_refused(client, editor, path):
    assert editor.get(path).status_code == 403
    client.logout()
    assert client.get(path).status_code == 302


def test_a_superuser_changes_the_screening_rules(superuser):
    assert superuser.get("/admin/leads/screeningrules/")["Location"].endswith("/screeningrules/add/")
    data = {"accepted_per_hour": "3", "links_max": "1", "words": "casino", "email_domains": ""}
    assert superuser.post("/admin/leads/screeningrules/add/", data).status_code == 302
    assert superuser.get("/admin/leads/screeningrules/")["Location"].endswith("/screeningrules/1/change/")
    assert superuser.get("/admin/leads/screeningrules/add/").status_code == 403


def test_sales_cannot_change_the_screening_rules(sales):
    assert sales.get("/admin/leads/screeningrules/").status_code == 403


def test_release_follows_an_enquiry_that_a_merge_moves_meanwhile(ben, monkeypatch):
    survivor, lead = build.lead(email="one@example.com"), build.lead(email="two@example.com")
    submission = lead.submissions.get()
    for of in (survivor, lead):
        mark_spam(of.submissions.get(), actor=ben, at=build.NOON)

    def lock_after_a_merge(found: Lead) -> Lead:
        monkeypatch.setattr(quarantine, "lock_lead", lock_lead)
        merge(lead, survivor, actor=ben, at=build.NOON)
        return lock_lead(found)

    monkeypatch.setattr(quarantine, "lock_lead", lock_after_a_merge)
    assert release(submission.quarantine, actor=ben, at=build.NOON)
    statuses = dict(Lead.objects.values_list("pk", "status"))
    assert statuses == {survivor.pk: Lead.Status.NEW, lead.pk: Lead.Status.MERGED}
