"""The messages that an enquiry queues once, in one transaction with the lead."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail as django_mail
from django.db import transaction

from leads.actions.quarantine import mark_spam, release
from leads.admission.admit import admit_waiting
from leads.intake import store
from leads.models import Lead
from leads.notifications import announce, notify, without_links
from leads.outbox import worker
from leads.outbox.models import Delivery, Endpoint, OutboxSettings
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


def queued() -> set[tuple[str, str]]:
    return set(Delivery.objects.values_list("purpose", "recipient"))


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_an_enquiry_queues_alerts_acknowledgement_and_events():
    OutboxSettings.objects.create(alert_to="a@site.example\n b@site.example \n")
    Endpoint.objects.create(url="https://crm.example/hook")
    Endpoint.objects.create(url="https://off.example/hook", is_active=False)
    accept(build.submission())
    assert queued() == {
        ("alert", "a@site.example"),
        ("alert", "b@site.example"),
        ("acknowledgement", "ana@example.com"),
        ("event", "https://crm.example/hook"),
    }


def test_the_acknowledgement_can_be_switched_off(only_alerts):
    accept(build.submission())
    assert queued() == {("alert", "sales@site.example")}


def test_without_alert_addresses_every_sales_member_is_alerted():
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


def alerts() -> set[str]:
    return {recipient for purpose, recipient in queued() if purpose == "alert"}


def test_without_sales_managers_or_the_company_are_alerted():
    accept(build.submission())
    assert alerts() == set()  # no alert to no-reply@: the front page of the admin warns instead
    build.company(email="hello@site.example")
    accept(build.submission())
    assert alerts() == {"hello@site.example"}
    build.staff("Sales managers", email="boss@site.example")
    accept(build.submission())
    assert alerts() == {"hello@site.example", "boss@site.example"}


def test_without_any_alert_address_the_front_page_warns(superuser):
    warning = "Nobody is told of new enquiries by e-mail"
    assert warning in superuser.get("/admin/").content.decode()
    OutboxSettings.objects.create(alert_to="sales@site.example")
    assert warning not in superuser.get("/admin/").content.decode()


def test_deliveries_and_lead_are_one_transaction():
    def accept_and_fail() -> None:
        with transaction.atomic():
            accept(build.submission())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        accept_and_fail()
    assert (Lead.objects.count(), Delivery.objects.count()) == (0, 0)


def test_the_same_submission_again_queues_nothing(only_alerts):
    for _ in range(2):
        accept(build.submission(key="a" * 64))
    announce([(accept(build.submission(key="a" * 64)), True)], build.NOON)
    assert Delivery.objects.count() == 1


def test_a_held_enquiry_queues_nothing_until_it_is_released():
    build.staff("Sales", email="sales@site.example")
    held = accept(build.submission(leave_blank="x")).quarantine
    assert not Delivery.objects.exists()
    release(held, actor=build.staff("Sales"), at=build.NOON)
    assert {purpose for purpose, _ in queued()} == {"alert", "acknowledgement"}


def test_spam_cancels_unsent_messages_and_release_restores_them():
    OutboxSettings.objects.create(alert_to="sales@site.example")
    submission = accept(build.submission())
    Delivery.objects.filter(purpose="alert").update(state="sent")
    mark_spam(submission, actor=build.staff("Sales"), at=build.NOON)
    assert states() == ["sent", "cancelled"]
    release(submission.quarantine, actor=build.staff("Sales"), at=build.NOON)
    assert states() == ["sent", "pending"]


def acknowledged() -> int:
    return Delivery.objects.filter(purpose="acknowledgement").count()


def test_one_address_is_acknowledged_once_a_day():
    for hours in (0, 1, 23, 25):
        at = build.NOON + timedelta(hours=hours)
        accept(build.submission(email="Ana@Example.com" if hours == 1 else "ana@example.com", received_at=at))
    assert acknowledged() == 2
    assert Lead.objects.get().submissions.count() == 4


def test_a_batch_counts_its_own_acknowledgements():
    for number in range(3):
        store(build.submission(space_requirements=f"Enquiry {number}: desks."))
    admit_waiting(build.NOON)
    assert acknowledged() == 1


def test_acknowledgements_have_an_hourly_limit():
    OutboxSettings.objects.create(alert_to="sales@site.example", acknowledged_per_hour=2)
    for number, minutes in enumerate([0, 1, 2, 3, 62]):
        at = build.NOON + timedelta(minutes=minutes)
        accept(build.submission(email=f"p{number}@example.com", received_at=at))
    assert acknowledged() == 3
    assert Delivery.objects.filter(purpose="alert").count() == 5


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("See https://evil.example/x?y=1 now", "See evil[.]example/x?y=1 now"),
        ("www.evil.example", "www[.]evil[.]example"),
        ("evil.com", "evil[.]com"),
        ("пример.рф", "пример[.]рф"),
        ("javascript://evil.example/%0a", "evil[.]example/%0a"),
        ("Write to ana@evil.com.", "Write to ana@evil[.]com."),
        ("Budget 2.500,50 by 1.3.2027.", "Budget 2.500,50 by 1.3.2027."),
        ("Ten designers. Makati.", "Ten designers. Makati."),
    ],
)
def test_an_acknowledgement_has_no_live_link(typed, shown):
    assert without_links(typed) == shown
    accept(build.submission(space_requirements=typed, first_name=typed[:80]))
    mail = Delivery.objects.get(purpose="acknowledgement")
    for text in (mail.body, mail.html):
        assert typed == shown or typed not in text
    assert typed == shown or "evil.example" not in mail.subject


def test_links_in_a_long_text_are_removed_quickly():
    for text in ("a" * 4000, "a." * 2000, "a-" * 2000, "." * 4000, "http:" * 800):
        without_links(text)


def test_a_notice_about_one_object_is_queued_once():
    for _ in range(2):
        notify("a@site.example", "Subject", "Body", about="delivery:1")
        notify("a@site.example", "Subject", "Body")
    assert Delivery.objects.filter(purpose="notice").count() == 3


@pytest.mark.parametrize(
    ("email", "reply_to"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("josé@example.com", None),
        ("я" * 33 + "@example.com", None),
        ("ana@1٣bücher.example", None),
    ],
)
def test_an_unusual_prospect_address_does_not_stop_the_alert(email, reply_to):
    OutboxSettings.objects.create(alert_to="sales@site.example", acknowledge=False)
    accept(build.submission(email=email))
    assert worker.step()
    assert Delivery.objects.get().state == "sent"
    (message,) = django_mail.outbox
    assert message.reply_to == ([reply_to] if reply_to else [])
    assert email in message.body
    assert ("Answer this mail to write to Ana." in message.body) == (reply_to is not None)
