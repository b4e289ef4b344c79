"""Reminders, overdue lists and digests for sales: each is sent once, even with several workers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from leads.models import Lead, SalesSettings
from leads.outbox.models import Delivery
from leads.reminders import check
from tests import build
from tests.support.simultaneous import at_once

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 17, 11, tzinfo=ZoneInfo("Asia/Manila"))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ben():
    return build.staff("Sales", first_name="Ben", last_name="Cruz", email="ben@site.example")


@pytest.fixture
def grace():
    return build.staff("Sales managers", first_name="Grace", email="grace@site.example")


@pytest.fixture(autouse=True)
def no_digest():
    return SalesSettings.objects.create(daily_digest=False)


def owned_lead(owner, received_at=TUESDAY, **changes) -> Lead:
    lead = build.lead(received_at=received_at, **changes)
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    Delivery.objects.all().delete()
    return lead


def sent() -> list[tuple[str, str]]:
    return [(delivery.recipient, delivery.subject) for delivery in Delivery.objects.order_by("id")]


def test_the_owner_is_reminded_once_before_an_answer_is_due(ben):
    lead = owned_lead(ben)
    check(TUESDAY + 44 * MINUTE)
    assert sent() == []
    for _ in range(2):
        check(TUESDAY + 46 * MINUTE)
    assert sent() == [("ben@site.example", "Due at 12:00: Ana Reyes")]
    assert f"/admin/leads/lead/{lead.pk}/change/" in Delivery.objects.get().body
    assert lead.phone in Delivery.objects.get().body


def test_the_reminder_counts_working_minutes(ben):
    owned_lead(ben, TUESDAY.replace(hour=17, minute=5))  # due on Wednesday at 9:05
    check(TUESDAY.replace(hour=17, minute=49))
    assert sent() == []
    check(TUESDAY.replace(hour=17, minute=55))
    assert sent() == [("ben@site.example", "Due at 09:05: Ana Reyes")]


def test_unowned_and_answered_leads_send_no_reminder(ben):
    owned_lead(None)
    answered = owned_lead(ben)
    Lead.objects.filter(pk=answered.pk).update(due_at=None)
    check(TUESDAY + 50 * MINUTE)
    assert sent() == []


def test_managers_get_one_list_of_overdue_leads(ben, grace):
    owned_lead(ben, first_name="First")
    owned_lead(None, first_name="Second")
    for _ in range(2):
        check(TUESDAY + 70 * MINUTE)
    assert sent() == [("grace@site.example", "2 leads are overdue")]
    body = Delivery.objects.get().body
    assert "overdue by 10 min, Ben Cruz: First Reyes" in body
    assert "overdue by 10 min, no owner: Second Reyes" in body
    assert "?clock=overdue" in body
    owned_lead(ben, TUESDAY + 12 * MINUTE)
    check(TUESDAY + 75 * MINUTE)
    assert sent() == []  # the next list is sent after a quarter of an hour
    check(TUESDAY + 90 * MINUTE)
    assert sent() == [("grace@site.example", "One lead is overdue")]


def test_without_a_manager_sales_gets_the_overdue_list(ben):
    owned_lead(None)
    check(TUESDAY + 70 * MINUTE)
    assert sent() == [("ben@site.example", "One lead is overdue")]


def test_a_later_enquiry_sends_a_new_reminder(ben):
    lead = owned_lead(ben)
    check(TUESDAY + 50 * MINUTE)
    Lead.objects.filter(pk=lead.pk).update(due_at=None, waiting_since=None)
    build.lead(email=lead.email, phone=lead.phone, received_at=TUESDAY + 90 * MINUTE)
    Delivery.objects.all().delete()
    check(TUESDAY + 140 * MINUTE)
    assert sent() == [("ben@site.example", "Due at 13:30: Ana Reyes")]


def test_the_digest_is_sent_once_each_working_day_at_opening(ben, grace, no_digest):
    no_digest.daily_digest = True
    no_digest.save()
    day_before = TUESDAY - timedelta(days=1)
    owned_lead(ben, day_before)
    Lead.objects.update(escalated=True, follow_up_on=TUESDAY.date())
    Lead.objects.filter(pk=owned_lead(None, day_before).pk).update(escalated=True, due_at=None)
    opening = TUESDAY.replace(hour=9)
    check(opening - MINUTE)
    assert sent() == []
    for minutes in (0, 1, 200):
        check(opening + minutes * MINUTE)
    mine, none = "1 open, 1 overdue, 1 to follow up today", "0 open, 0 overdue, 0 to follow up today"
    assert sorted(sent()) == [("ben@site.example", f"Today: {mine}"), ("grace@site.example", f"Today: {none}")]
    assert "everybody's: 2 open, 1 overdue, 1 to follow up today" in Delivery.objects.latest("id").body
    Delivery.objects.all().delete()
    check(opening + timedelta(days=4))  # Saturday
    assert sent() == []
    check(opening + timedelta(days=1))
    assert len(sent()) == 2


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_sends_each_message(no_digest):
    call_command("migrate", verbosity=0)  # a transactional test empties all tables, including the groups
    no_digest.daily_digest = True
    no_digest.save()
    ben = build.staff("Sales", email="ben@site.example")
    build.staff("Sales managers", email="grace@site.example")
    owned_lead(ben)
    owned_lead(ben, TUESDAY - timedelta(hours=1), first_name="Late", email="late@site.example", phone="+639170000002")
    at_once(lambda _: check(TUESDAY + 46 * MINUTE), times=4)
    assert sorted(subject.partition(":")[0] for _, subject in sent()) == [
        "Due at 12", "One lead is overdue", "Today", "Today",
    ]  # fmt: skip
