from datetime import timedelta

import pytest
from django.db import transaction

from leads.intake import KeyTakenError, accept
from leads.models import Event, Identity, ImmutableError, Lead, Submission
from tests import build

pytestmark = pytest.mark.django_db


def test_a_first_enquiry_opens_a_lead_with_a_line_on_its_timeline():
    submission = accept(build.submission())
    lead = Lead.objects.get()
    assert submission.lead == lead
    assert Submission.objects.get().lead == lead
    assert (lead.full_name, lead.email, lead.phone) == ("Ana Reyes", "ana@example.com", "+639171234567")
    assert (lead.status, lead.wrote_again) == (Lead.Status.NEW, False)
    assert (lead.created_at, lead.last_submission_at) == (build.NOON, build.NOON)
    event = Event.objects.get()
    assert (event.lead, event.kind, event.at, event.submission) == (lead, Event.Kind.OPENED, build.NOON, submission)


def test_the_same_submission_again_stores_nothing():
    first = accept(build.submission(key="a" * 64))
    again = accept(build.submission(key="a" * 64, received_at=build.NOON + timedelta(minutes=1)))
    assert again == first
    assert (Submission.objects.count(), Lead.objects.count(), Event.objects.count()) == (1, 1, 1)
    assert Lead.objects.get().wrote_again is False


@pytest.mark.parametrize("field", Submission.CONTENT)
def test_a_key_that_was_used_for_other_content_is_refused(field):
    accept(build.submission(key="a" * 64))
    with pytest.raises(KeyTakenError):
        accept(build.submission(key="a" * 64, **{field: "else"}))
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Anna", "last_name": "Santos", "phone": "+639170000000"},
        {"email": "ANA@example.com", "phone": "+639170000000"},
        {"email": "ana.reyes@work.example", "first_name": "A."},
        {"email": "ana.reyes@work.example", "last_name": "REYES"},
    ],
    ids=["same e-mail", "same e-mail in capitals", "same phone and surname", "same phone and surname in capitals"],
)
def test_a_repeat_enquiry_joins_the_persons_lead(changes):
    accept(build.submission())
    second = accept(build.submission(received_at=build.NOON + timedelta(days=3), **changes))
    lead = Lead.objects.get()
    assert second.lead == lead
    assert lead.wrote_again is True
    assert lead.last_submission_at == build.NOON + timedelta(days=3)
    assert (lead.first_name, lead.last_name, lead.email) == ("Ana", "Reyes", "ana@example.com")  # nothing overwritten
    assert [event.kind for event in lead.events.all()] == [Event.Kind.OPENED, Event.Kind.WROTE_AGAIN]


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "ben@example.com", "last_name": "Cruz"},
        {"email": "ben@example.com", "phone": "+639170000000"},
        {"email": "ben@example.com", "phone_extension": "12"},
    ],
    ids=["same switchboard", "same surname", "other extension of a switchboard"],
)
def test_another_person_gets_another_lead(changes):
    accept(build.submission())
    accept(build.submission(**changes))
    assert Lead.objects.count() == 2
    assert not Lead.objects.filter(wrote_again=True).exists()


def test_an_email_address_weighs_more_than_phone_and_surname():
    ana = accept(build.submission()).lead
    ben = accept(build.submission(email="ben@example.com", last_name="Cruz")).lead
    torn = accept(build.submission(email="ben@example.com"))  # Ben's address, Ana's phone and surname
    assert torn.lead == ben != ana


def test_a_lead_is_known_by_what_it_was_joined_with():
    accept(build.submission())
    accept(build.submission(email="ana.reyes@work.example"))  # joined by phone and surname
    third = accept(build.submission(email="ana.reyes@work.example", phone="+639170000000"))
    assert third.lead == Lead.objects.get()
    assert Identity.objects.count() == 4  # two addresses, two numbers


def test_an_enquiry_that_arrives_late_does_not_turn_the_lead_back():
    accept(build.submission())
    accept(build.submission(received_at=build.NOON - timedelta(days=1)))
    assert Lead.objects.get().last_submission_at == build.NOON


def test_a_failure_on_the_way_stores_nothing(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the power went")

    monkeypatch.setattr("leads.intake.record", fail)
    with pytest.raises(RuntimeError):
        accept(build.submission())
    assert not Submission.objects.exists()
    assert not Lead.objects.exists()


def test_a_stored_submission_never_changes():
    submission = accept(build.submission())
    submission.first_name = "Someone"
    with pytest.raises(ImmutableError):
        submission.save()
    with pytest.raises(ImmutableError):
        Submission.objects.update(email="someone@example.com")
    with pytest.raises(ImmutableError), transaction.atomic():
        Submission.objects.bulk_update([submission], ["first_name"])
    assert Submission.objects.get().first_name == "Ana"
