"""What an enquiry queues: with the lead, in one transaction, once."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from leads.intake import accept
from leads.models import Lead
from leads.outbox.models import Delivery, Endpoint, OutboxSettings
from leads.outbox.queue import announce
from leads.triage.quarantine import mark_spam, release
from tests import build

pytestmark = pytest.mark.django_db


def queued() -> set[tuple[str, str]]:
    return set(Delivery.objects.values_list("kind", "recipient"))


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_an_enquiry_alerts_staff_acknowledges_and_tells_every_active_endpoint():
    OutboxSettings.objects.create(alert_to="a@site.example\n b@site.example \n")
    Endpoint.objects.create(url="https://crm.example/hook")
    Endpoint.objects.create(url="https://off.example/hook", is_active=False)
    accept(build.submission())
    assert queued() == {
        ("alert", "a@site.example"),
        ("alert", "b@site.example"),
        ("acknowledgement", "ana@example.com"),
        ("webhook", "https://crm.example/hook"),
    }


def test_the_acknowledgement_can_be_switched_off(silent):
    accept(build.submission())
    assert queued() == {("alert", "sales@site.example")}


def test_without_addresses_every_member_of_sales_hears_of_it():
    sales = Group.objects.get(name="Sales")
    for name, email, active in [
        ("ben", "ben@site.example", True),
        ("gone", "gone@site.example", False),
        ("c", "", True),
    ]:
        User.objects.create_user(name, email, is_active=active).groups.add(sales)
    accept(build.submission())
    assert ("alert", "ben@site.example") in queued()
    assert len(queued()) == 2


def test_without_sales_somebody_hears_of_it(settings):
    accept(build.submission())
    assert ("alert", settings.DEFAULT_FROM_EMAIL) in queued()
    build.company(email="hello@site.example")
    accept(build.submission())
    assert ("alert", "hello@site.example") in queued()


def test_deliveries_and_lead_are_one_transaction():
    def accept_and_fail() -> None:
        with transaction.atomic():
            accept(build.submission())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        accept_and_fail()
    assert (Lead.objects.count(), Delivery.objects.count()) == (0, 0)


def test_the_same_submission_again_queues_nothing(silent):
    for _ in range(2):
        accept(build.submission(key="a" * 64))
    announce(accept(build.submission(key="a" * 64)))
    assert Delivery.objects.count() == 1


def test_a_held_enquiry_queues_nothing_until_it_is_released():
    held = accept(build.submission(leave_blank="x")).quarantine
    assert not Delivery.objects.exists()
    release(held, actor=build.staff("Sales"), at=build.NOON)
    assert {kind for kind, _ in queued()} == {"alert", "acknowledgement"}


def test_spam_stops_what_was_not_sent_and_release_sends_only_that():
    submission = accept(build.submission())
    Delivery.objects.filter(kind="alert").update(state="sent")
    mark_spam(submission, actor=build.staff("Sales"), at=build.NOON)
    assert states() == ["sent", "cancelled"]
    release(submission.quarantine, actor=build.staff("Sales"), at=build.NOON)
    assert states() == ["sent", "pending"]
