"""Stored enquiries are admitted once, in batches, and a failing one does not stop the others."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from leads.admission import admit as module
from leads.admission import matching
from leads.admission.admit import admit_waiting
from leads.intake import store
from leads.models import AdmissionFailure, Event, Identity, Lead, Quarantine, SalesSettings, Submission
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept
from tests.support.simultaneous import at_once

NOW = build.NOON + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_first_enquiry_opens_a_lead_with_an_event():
    submission = accept(build.submission())
    lead = Lead.objects.get()
    assert submission.lead == lead
    assert (lead.full_name, lead.email, lead.phone) == ("Ana Reyes", "ana@example.com", "+639171234567")
    assert (lead.status, lead.wrote_again) == (Lead.Status.NEW, False)
    assert (lead.created_at, lead.last_submission_at) == (build.NOON, build.NOON)
    event = Event.objects.get()
    assert (event.lead, event.kind, event.at, event.submission) == (lead, Event.Kind.OPENED, build.NOON, submission)
    assert not submission.waiting
    assert "ten designers" in submission.search_text


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Anna", "last_name": "Santos", "phone": "+639170000000"},
        {"email": "ANA@example.com", "phone": "+639170000000"},
    ],
    ids=["same e-mail", "same e-mail in capitals"],
)
@pytest.mark.django_db
def test_a_repeat_enquiry_joins_the_persons_lead(changes):
    accept(build.submission())
    second = accept(build.submission(received_at=build.NOON + timedelta(days=3), **changes))
    lead = Lead.objects.get()
    assert second.lead == lead
    assert lead.wrote_again is True
    assert lead.last_submission_at == build.NOON + timedelta(days=3)
    assert (lead.first_name, lead.last_name, lead.email) == ("Ana", "Reyes", "ana@example.com")  # not overwritten
    assert [event.kind for event in lead.events.all()] == [Event.Kind.OPENED, Event.Kind.WROTE_AGAIN]


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "ben@example.com", "last_name": "Cruz"},
        {"email": "ben@example.com", "phone": "+639170000000"},
        {"email": "ben@example.com"},
        {"email": "ana.reyes@work.example", "first_name": "A."},
    ],
    ids=["same switchboard", "same surname", "same phone and whole name", "same phone and surname"],
)
@pytest.mark.django_db
def test_another_email_address_opens_another_lead(changes):
    """Phone number and name alone do not join a lead: a stranger may know them."""
    accept(build.submission())
    accept(build.submission(**changes))
    assert Lead.objects.count() == 2
    assert not Lead.objects.filter(wrote_again=True).exists()


@pytest.mark.django_db
def test_a_late_enquiry_does_not_set_back_the_lead():
    accept(build.submission())
    accept(build.submission(received_at=build.NOON - timedelta(days=1)))
    assert Lead.objects.get().last_submission_at == build.NOON


@pytest.mark.django_db
def test_a_batch_is_admitted_like_single_enquiries():
    for number in range(6):
        person = {"email": f"person{number % 3}@example.com", "first_name": f"P{number % 3}"}
        store(build.submission(space_requirements=f"Enquiry {number}: desks.", **person))
    store(build.submission(leave_blank="x", email="bot@example.com"))
    assert admit_waiting(NOW) == 7
    assert admit_waiting(NOW) == 0
    assert Lead.objects.count() == Identity.objects.count() == 3
    for lead in Lead.objects.all():
        assert lead.submissions.count() == 2
        assert (lead.wrote_again, [event.kind for event in lead.events.all()]) == (True, ["opened", "wrote_again"])
    assert Quarantine.objects.get().submission.email == "bot@example.com"
    assert not Submission.objects.waiting().exists()


@pytest.mark.django_db
def test_a_batch_of_forty_takes_at_most_forty_statements(django_assert_max_num_queries):
    SalesSettings.objects.create(assignment=SalesSettings.Assignment.IN_TURN)
    build.staff("Sales")
    for number in range(40):
        store(build.submission(email=f"person{number}@example.com", client=f"{number}"))
    with django_assert_max_num_queries(40):
        assert admit_waiting(NOW) == 40
    assert Lead.objects.count() == 40


@pytest.mark.django_db
def test_a_batch_takes_the_oldest_up_to_its_limit():
    for number in range(5):
        store(build.submission(email=f"person{number}@example.com"))
    assert admit_waiting(NOW, limit=2) == 2
    assert [lead.email for lead in Lead.objects.order_by("id")] == ["person0@example.com", "person1@example.com"]


@pytest.fixture
def one_is_bad(monkeypatch):
    """Admission fails for enquiries with the first name "Bad"."""
    new_lead = matching.new_lead

    def fail(submission, response_time):
        if submission.first_name == "Bad":
            raise ZeroDivisionError("Bad, bad@example.com")
        return new_lead(submission, response_time)

    monkeypatch.setattr(module, "new_lead", fail)
    return monkeypatch


@pytest.mark.django_db
def test_a_failing_enquiry_is_set_aside_and_blocks_no_other(one_is_bad, sales, caplog):
    for name in ("Ana", "Bad", "Cora"):
        store(build.submission(first_name=name, email=f"{name}@example.com"))
    admit_waiting(NOW)
    assert set(Lead.objects.values_list("first_name", flat=True)) == {"Ana", "Cora"}
    failure = AdmissionFailure.objects.get()
    assert (failure.submission.first_name, failure.error, failure.attempts) == ("Bad", "ZeroDivisionError", 1)
    assert "bad@example.com" not in caplog.text
    assert admit_waiting(NOW) == 0  # not before its next attempt
    assert "Enquiries that cannot be admitted: 1." in sales.get("/readyz").content.decode()
    assert "Enquiries that could not be made leads yet: 1." in sales.get("/admin/").content.decode()
    assert admit_waiting(failure.next_attempt_at + timedelta(seconds=1)) == 1
    failure.refresh_from_db()
    assert failure.attempts == 2
    one_is_bad.undo()
    admit_waiting(failure.next_attempt_at + timedelta(seconds=1))
    assert Lead.objects.filter(first_name="Bad").exists()
    assert not AdmissionFailure.objects.exists()


@pytest.mark.django_db
def test_without_the_database_nothing_is_set_aside(monkeypatch):
    store(build.submission())

    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr(module, "admit_batch", fail)
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        admit_waiting(NOW)
    assert not AdmissionFailure.objects.exists()


@pytest.mark.django_db
def test_a_lock_timeout_sets_the_enquiry_aside(monkeypatch):
    store(build.submission())

    def fail(*args):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(module, "admit_batch", fail)
    assert admit_waiting(NOW) == 1
    assert AdmissionFailure.objects.get().error == "OperationalError"


@pytest.mark.django_db
def test_opening_the_inbox_admits_waiting_enquiries(sales):
    store(build.submission(received_at=timezone.now()))
    assert "Ana Reyes" in sales.get("/admin/leads/lead/").content.decode()
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_the_inbox_is_shown_if_admission_fails(sales, monkeypatch):
    build.lead(received_at=timezone.now())

    def fail(now):
        raise ZeroDivisionError

    monkeypatch.setattr("leads.triage.inbox.admit_waiting", fail)
    response = sales.get("/admin/leads/lead/")
    assert response.status_code == 200
    assert "Ana Reyes" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_sixteen_workers_admit_each_enquiry_once():
    call_command("migrate", verbosity=0)
    for number in range(40):
        store(build.submission(email=f"person{number % 20}@example.com", space_requirements=f"Enquiry {number}: desks"))
    if connection.vendor == "sqlite":
        admit_waiting(NOW)
    else:
        at_once(lambda _: [admit_waiting(NOW, limit=5) for _ in range(6)])
        for hours in range(1, 4):  # a worker that lost the race for a new lead sets the enquiry aside
            admit_waiting(NOW + timedelta(hours=hours))
    assert not Submission.objects.waiting().exists()
    assert Lead.objects.count() == 20
    assert Event.objects.filter(kind=Event.Kind.OPENED).count() == 20
    assert Event.objects.filter(kind=Event.Kind.WROTE_AGAIN).count() == 20
    keys = Delivery.objects.values_list("about", "purpose", "recipient")
    assert len(keys) == len(set(keys))
