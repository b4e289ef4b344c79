"""A later enquiry joins the lead of its sender, and likely duplicates are suggested."""

from datetime import timedelta

import pytest

from leads.actions.change_status import change_status
from leads.actions.quarantine import release
from leads.admission.matching import email_skeleton, likely_duplicates, surname_at_domain
from leads.models import Event, Lead, Quarantine, Status
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db
LATER = build.NOON + timedelta(days=3)


@pytest.fixture
def ben():
    return build.staff("Sales")


def write_again(lead: Lead, **changes) -> Lead:
    accept(build.submission(email=lead.email, phone=lead.phone, received_at=LATER, **changes))
    lead.refresh_from_db()
    return lead


@pytest.mark.parametrize("status", [Status.WON, Status.LOST])
def test_a_later_enquiry_reopens_a_closed_lead(ben, status):
    lead = build.lead()
    change_status(lead, Status.CONTACTED, actor=ben, at=build.NOON)
    change_status(lead, status, actor=ben, at=build.NOON, reason="No budget")
    lead = write_again(lead)
    assert (lead.status, lead.wrote_again, lead.closed_at, lead.lost_reason) == ("new", True, None, "")
    assert lead.waiting_since == LATER
    assert lead.due_at is not None
    assert lead.due_at > LATER
    assert lead.events.filter(kind=Event.Kind.STATUS).latest("id").detail == f"{status.label} → New: wrote again"


@pytest.mark.parametrize("status", [Status.CONTACTED, Status.QUALIFIED])
def test_a_later_enquiry_keeps_the_status_of_an_open_lead(ben, status):
    lead = build.lead()
    change_status(lead, status, actor=ben, at=build.NOON)
    lead = write_again(lead)
    assert (lead.status, lead.wrote_again, lead.waiting_since) == (status, True, LATER)


def test_a_later_enquiry_keeps_the_due_time_of_a_waiting_lead():
    lead = build.lead()
    due = lead.due_at
    assert write_again(lead).due_at == due


def test_a_later_enquiry_alerts_only_the_owner(ben):
    ben.email = "ben@site.example"
    ben.save()
    other = build.staff("Sales", email="other@site.example")
    lead = build.lead()
    lead.owner = ben
    lead.save()
    write_again(lead)
    latest = lead.submissions.latest("received_at")
    alerts = build.deliveries(latest).filter(purpose="alert").values_list("recipient", flat=True)
    assert list(alerts) == ["ben@site.example"]
    first = build.deliveries(lead.submissions.earliest("received_at"))
    assert first.filter(purpose="alert", recipient=other.email).exists()


def test_a_spammers_later_enquiry_is_held_and_release_reopens(ben):
    lead = build.lead(client="spammer")
    change_status(lead, Status.SPAM, actor=ben, at=build.NOON)
    lead = write_again(lead, client="spammer", space_requirements="This time it is a real enquiry.")
    assert (lead.status, lead.due_at) == ("spam", None)
    held = Quarantine.objects.get(submission__space_requirements__contains="real")
    assert held.reasons == ["An earlier enquiry of this sender was marked as spam."]
    release(held, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert lead.submissions.count() == 2
    assert (lead.status, lead.wrote_again) == ("new", True)
    assert lead.due_at is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana.reyes@gmail.com", "anareyes@gmail.com"),
        ("ana.reyes@gmail.com", "Ana.Reyes1984@gmail.com"),
        ("ana.reyes@gmail.com", "ana.reyes+desks@gmail.com"),
        ("ana.reyes@gmail.com", "ana.reyse@gmail.com"),
        ("ana.reyes@gmail.com", "annareyes@gmail.com"),
        ("ana.reyes@gmail.com", "reyes.ana@gmail.com"),
        ("123@gmail.com", "123@gmail.com"),
    ],
)
def test_near_equal_addresses_have_one_skeleton(one, other):
    assert email_skeleton(one) == email_skeleton(other)


@pytest.mark.parametrize("other", ["ana.reyes@yahoo.com", "ben.reyes@gmail.com", "124@gmail.com"])
def test_different_addresses_have_different_skeletons(other):
    assert email_skeleton(other) not in (email_skeleton("ana.reyes@gmail.com"), email_skeleton("123@gmail.com"))


def test_a_surname_at_a_free_email_provider_has_no_key():
    for domain in ("gmail.com", "yahoo.com.ph", "mail.com"):
        assert surname_at_domain("Reyes", f"ana@{domain}") == ""
    assert surname_at_domain("Réyes", "ana@Acme.com") == "reyes@acme.com"


def test_likely_duplicates_share_phone_company_or_address():
    lead = build.lead(first_name="Ana", last_name="Reyes", email="ana.reyes@acme.com", phone="+639170000001")
    suspects = [
        build.lead(first_name="Ben", last_name="Cruz", email="b@else.example", phone="+639170000001"),
        build.lead(first_name="A.", last_name="REYES", email="office@acme.com", phone="+639170000002"),
        build.lead(first_name="Anna", last_name="Reys", email="anna.reyes@acme.com", phone="+639170000003"),
    ]
    build.lead(first_name="Eve", last_name="Reyes", email="eve@other.example", phone="+639170000004")
    assert set(likely_duplicates(lead)) == set(suspects)
    Lead.objects.filter(pk=suspects[0].pk).update(status=Status.MERGED)
    assert set(likely_duplicates(lead)) == set(suspects[1:])


def test_an_unreadable_number_suggests_no_duplicate():
    lead = build.lead(phone="", phone_as_typed="ask for Ana", email="ana@acme.com")
    build.lead(phone="", phone_as_typed="none", first_name="Ben", last_name="Cruz", email="b@other.com")
    assert not likely_duplicates(lead).exists()
