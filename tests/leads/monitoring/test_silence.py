"""One alarm to staff when no enquiry has come for longer than usual."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.monitoring.silence import check
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept

MANILA = ZoneInfo("Asia/Manila")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=MANILA)


@pytest.fixture
def usual(only_alerts):
    """One enquiry per working hour for four weeks, the last one on Monday at nine."""
    for day in range(28):
        for hour in range(9):
            at = MONDAY - timedelta(days=day, hours=-hour)
            if at <= MONDAY and at.weekday() < 5:
                accept(build.submission(received_at=at))
    Delivery.objects.all().delete()


@pytest.mark.usefixtures("usual")
@pytest.mark.django_db
def test_silence_raises_one_alarm_until_the_next_enquiry():
    assert not check(MONDAY + timedelta(hours=4))
    late = MONDAY + timedelta(hours=8)
    assert [check(late), check(late + timedelta(minutes=1)), check(late + timedelta(days=3))] == [True, False, False]
    alarm = Delivery.objects.get()
    assert (alarm.purpose, alarm.recipient) == ("notice", "sales@site.example")
    assert "8 working hours ago" in alarm.body
    accept(build.submission(received_at=late + timedelta(days=3)))
    assert not check(late + timedelta(days=3))
    assert check(late + timedelta(days=5))


@pytest.mark.usefixtures("usual")
@pytest.mark.django_db
def test_a_weekend_raises_no_alarm():
    friday_evening = MONDAY + timedelta(days=4, hours=9)
    accept(build.submission(received_at=friday_evening))
    assert not check(friday_evening + timedelta(days=2, hours=20))


@pytest.mark.django_db
def test_a_new_site_raises_no_alarm():
    assert not check(MONDAY)
    accept(build.submission(received_at=MONDAY))
    assert not check(MONDAY + timedelta(days=20))
