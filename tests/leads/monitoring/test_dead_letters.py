"""A dead letter to staff is reported once to another address."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from leads.monitoring import dead_letters
from leads.outbox.models import Delivery, OutboxSettings
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


def give_up(**filters) -> None:
    Delivery.objects.filter(**filters).update(state="dead", last_error="550 no", next_attempt_at=timezone.now())


def notices() -> set[str]:
    return set(Delivery.objects.filter(purpose="notice", state="pending").values_list("recipient", flat=True))


@pytest.fixture
def alert(only_alerts) -> Delivery:
    accept(build.submission(received_at=timezone.now()))
    return Delivery.objects.get()


def test_the_other_alert_addresses_get_one_notice(alert):
    OutboxSettings.objects.update(alert_to="sales@site.example\nother@site.example")
    give_up(pk=alert.pk)
    for _ in range(3):
        dead_letters.check(timezone.now())
    notice = Delivery.objects.get(purpose="notice")
    assert notice.recipient == "other@site.example"
    assert "could not be delivered to sales@site.example" in notice.body
    assert "Ten designers in Makati by March." in notice.body
    assert f"/admin/outbox/delivery/{alert.pk}/change/" in notice.body


@pytest.mark.parametrize(
    ("people", "recipient"),
    [
        ({"Sales": "ben@site.example", "Sales managers": "boss@site.example"}, "ben@site.example"),
        ({"Sales": "sales@site.example", "Sales managers": "boss@site.example"}, "boss@site.example"),
        ({"Sales managers": "boss@site.example"}, "boss@site.example"),
    ],
)
def test_sales_or_managers_are_notified_if_every_alert_fails(alert, people, recipient):
    for group, email in people.items():
        build.staff(group, email=email)
    give_up(pk=alert.pk)
    dead_letters.check(timezone.now())
    assert notices() == {recipient}


def test_the_company_or_a_superuser_is_the_last_resort(alert):
    build.staff(is_superuser=True, email="root@site.example")
    give_up(pk=alert.pk)
    dead_letters.check(timezone.now())
    assert notices() == {"root@site.example"}
    build.company(email="hello@site.example")
    give_up(purpose="notice")
    assert dead_letters.check(timezone.now()) == 1  # no notice about a notice
    assert notices() == {"hello@site.example"}


def test_messages_to_prospects_and_systems_are_not_reported(alert):
    build.staff("Sales", email="ben@site.example")
    for purpose in ("acknowledgement", "reply", "event"):
        Delivery.objects.update(purpose=purpose)
        give_up(pk=alert.pk)
        dead_letters.check(timezone.now())
    assert notices() == set()


def test_the_worker_checks_for_dead_letters(alert):
    build.staff("Sales", email="ben@site.example")
    give_up(pk=alert.pk)
    call_command("deliver", "--once")
    assert Delivery.objects.filter(purpose="notice", recipient="ben@site.example").exists()
