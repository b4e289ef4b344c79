"""Due times and response times are counted in working hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.clock import start_clock, stop_clock
from leads.models import Holiday, SalesSettings
from leads.working_hours import WorkingHours, working_hours
from tests import build

MANILA = ZoneInfo("Asia/Manila")
MONDAY = datetime(2026, 11, 16, 9, tzinfo=MANILA)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE_TO_SIX = WorkingHours(time(9), time(18), frozenset(range(5)), lambda day: False, MANILA)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (MONDAY, 60, MONDAY + HOUR),
        (MONDAY, 0, MONDAY),
        (MONDAY - 3 * HOUR, 60, MONDAY + HOUR),  # before opening
        (MONDAY + 8 * HOUR, 60, MONDAY + 9 * HOUR),  # until closing time, to the minute
        (MONDAY + 8.5 * HOUR, 60, MONDAY + DAY + HOUR / 2),
        (MONDAY + 10 * HOUR, 60, MONDAY + DAY + HOUR),
        (MONDAY + 4 * DAY + 10 * HOUR, 60, MONDAY + 7 * DAY + HOUR),  # Friday evening
        (MONDAY - DAY, 60, MONDAY + HOUR),
        (MONDAY, 9 * 60 * 5 + 1, MONDAY + 7 * DAY + timedelta(minutes=1)),
    ],
)
def test_due_times_are_in_working_hours(start, minutes, due):
    assert NINE_TO_SIX.add(start, minutes) == due
    assert NINE_TO_SIX.add(start.astimezone(UTC), minutes) == due


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (MONDAY, MONDAY + 2 * HOUR, 2),
        (MONDAY - 3 * HOUR, MONDAY + HOUR, 1),
        (MONDAY, MONDAY + DAY, 9),
        (MONDAY - 2 * DAY, MONDAY, 0),
        (MONDAY, MONDAY + 7 * DAY, 45),
        (MONDAY + 8 * HOUR, MONDAY + DAY + HOUR, 2),
        (MONDAY, MONDAY, 0),
        (MONDAY + HOUR, MONDAY, 0),
        (MONDAY + 5 * DAY, MONDAY, 0),
    ],
)
def test_only_working_time_is_counted(start, end, hours):
    assert NINE_TO_SIX.minutes_between(start, end) == hours * 60


@given(st.integers(0, 500_000), st.integers(0, 5000))
def test_added_minutes_are_counted_back(start, minutes):
    moment = MONDAY + timedelta(minutes=start)
    due = NINE_TO_SIX.add(moment, minutes)
    assert due >= moment
    assert NINE_TO_SIX.minutes_between(moment, due) == minutes


def test_a_calendar_without_a_working_day_still_has_due_times():
    never = WorkingHours(time(9), time(18), frozenset(), lambda day: False, MANILA)
    assert never.add(MONDAY, 60) == MONDAY + HOUR


@pytest.mark.django_db
def test_own_holidays_override_philippine_public_holidays():
    bonifacio, ordinary = date(2026, 11, 30), date(2026, 12, 1)
    calendar = working_hours()
    assert calendar.opening_hours(bonifacio) is None
    assert calendar.opening_hours(ordinary) == (
        datetime(2026, 12, 1, 9, tzinfo=MANILA),
        datetime(2026, 12, 1, 18, tzinfo=MANILA),
    )
    Holiday.objects.create(day=bonifacio, name="Peak season", is_working_day=True)
    Holiday.objects.create(day=ordinary, name="Outing")
    calendar = working_hours()
    assert calendar.opening_hours(bonifacio)
    assert calendar.opening_hours(ordinary) is None


@pytest.mark.django_db
def test_the_calendar_follows_the_sales_settings():
    SalesSettings.objects.create(opens=time(22), closes=time(23), days="6", public_holidays=False)
    calendar = working_hours()
    sunday = date(2026, 11, 29)
    assert calendar.opening_hours(sunday) == (
        datetime(2026, 11, 29, 22, tzinfo=MANILA),
        datetime(2026, 11, 29, 23, tzinfo=MANILA),
    )
    assert calendar.opening_hours(sunday + DAY) is None


@pytest.mark.django_db
def test_the_first_enquiry_starts_and_contact_stops_the_clock():
    lead = build.lead(received_at=MONDAY)
    assert (lead.waiting_since, lead.due_at, lead.response_minutes) == (MONDAY, MONDAY + HOUR, None)
    assert start_clock(lead, MONDAY + 2 * HOUR) == {}  # a waiting lead keeps the time of its first enquiry
    changes = stop_clock(lead, MONDAY + 2.5 * HOUR)
    assert (changes["due_at"], changes["response_minutes"]) == (None, 150)
    lead.response_minutes = 150
    assert "response_minutes" not in stop_clock(lead, MONDAY + 9 * HOUR)
