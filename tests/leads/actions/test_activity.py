"""Calls, notes, replies, follow-ups and owners are recorded once on the timeline."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail

from leads.actions.activity import add_note, assign, log_call, reply, set_follow_up
from leads.actions.merge import merge
from leads.models import Event, Status
from leads.outbox import worker
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db
LATER = build.NOON + timedelta(days=1)


@pytest.fixture
def ben():
    return build.staff("Sales", first_name="Ben", last_name="Cruz", email="ben@site.example")


@pytest.mark.parametrize(
    ("outcome", "status", "waits"),
    [("reached", "contacted", False), ("no_answer", "new", True), ("message", "new", True)],
)
def test_only_a_call_that_reached_the_lead_stops_the_clock(ben, outcome, status, waits):
    lead = build.lead()
    log_call(lead, outcome, "Wants a quote.", actor=ben, at=LATER, key=uuid4())
    lead.refresh_from_db()
    assert (lead.status, lead.due_at is not None) == (status, waits)
    call = lead.events.get(kind=Event.Kind.CALL)
    assert call.actor == ben
    assert call.detail.endswith(": Wants a quote.")


def test_a_repeated_action_counts_once(ben):
    lead = build.lead()
    key, other = uuid4(), uuid4()
    for _ in range(2):
        add_note(lead, "Careful.", actor=ben, at=LATER, key=key)
        reply(lead, "Your enquiry", "Dear Ana", actor=ben, at=LATER, key=other)
    assert lead.events.filter(kind=Event.Kind.NOTE).count() == 1
    assert Delivery.objects.filter(purpose="reply").count() == 1


def test_a_note_does_not_stop_the_clock(ben):
    lead = build.lead()
    add_note(lead, "Careful.", actor=ben, at=LATER, key=uuid4())
    lead.refresh_from_db()
    assert lead.due_at is not None
    assert lead.version == 0


def test_a_reply_has_our_sender_reply_to_and_thread_headers(ben):
    lead = build.lead()
    while worker.step():
        pass
    acknowledgement = next(message for message in mail.outbox if message.to == [lead.email])
    mail.outbox.clear()
    reply(lead, "Your enquiry", "Dear Ana,\n\nof course.", actor=ben, at=LATER, key=uuid4())
    lead.refresh_from_db()
    assert (lead.status, lead.due_at) == (Status.CONTACTED, None)
    assert worker.step()
    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.to) == ("Your enquiry", "Dear Ana,\n\nof course.", [lead.email])
    assert (sent.from_email, sent.reply_to) == ("no-reply@testserver", ["ben@site.example"])
    assert sent.extra_headers["In-Reply-To"] == acknowledgement.extra_headers["Message-ID"]
    assert "Auto-Submitted" not in sent.extra_headers


def test_a_reply_goes_to_the_address_of_the_latest_enquiry(ben):
    lead, other = build.lead(), build.lead(email="new@example.com", received_at=LATER)
    merge(other, lead, actor=ben, at=LATER)
    reply(lead, "Your enquiry", "Dear Ana", actor=ben, at=LATER, key=uuid4())
    assert Delivery.objects.get(purpose="reply").recipient == "new@example.com"


def test_contact_clears_the_wrote_again_mark(ben):
    lead = build.lead()
    log_call(lead, "reached", "", actor=ben, at=LATER, key=uuid4())
    accept(build.submission(email=lead.email, phone=lead.phone, received_at=LATER))
    lead.refresh_from_db()
    assert lead.wrote_again
    log_call(lead, "reached", "", actor=ben, at=LATER, key=uuid4())
    lead.refresh_from_db()
    assert (lead.wrote_again, lead.due_at) == (False, None)


def test_follow_up_and_owner_are_on_the_timeline_once(ben):
    lead = build.lead()
    for _ in range(2):
        set_follow_up(lead, date(2026, 12, 1), actor=ben, at=LATER)
        assign(lead, ben, actor=ben, at=LATER)
    set_follow_up(lead, None, actor=ben, at=LATER)
    lines = [(event.kind, event.detail) for event in lead.events.all()[1:]]
    assert lines == [("follow_up", "on 01 December 2026"), ("owner", "nobody → Ben Cruz"), ("follow_up", "none")]
    lead.refresh_from_db()
    assert (lead.owner, lead.follow_up_on, lead.version) == (ben, None, 3)
