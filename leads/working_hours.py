"""Working hours, as sales has set them (SalesSettings, Holiday), and durations in working time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings

from leads.models import Holiday, SalesSettings

DAY = timedelta(days=1)
DAYS_SEARCHED_MAX = 366  # for a working day, in a calendar that has none
WORKING_DAY_MINUTES = 9 * 60  # roughly, for people


@dataclass(frozen=True)
class WorkingHours:
    """
    `opens` to `closes` on the weekdays (0 is Monday) that are no day off, in `zone`.

    Times are aware datetimes; durations are whole working minutes.
    """

    opens: time
    closes: time
    weekdays: frozenset[int]
    is_day_off: Callable[[date], bool]
    zone: ZoneInfo

    def opening_hours(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing time of the day; None on a day off."""
        if day.weekday() not in self.weekdays or self.is_day_off(day):
            return None
        return datetime.combine(day, self.opens, self.zone), datetime.combine(day, self.closes, self.zone)

    def add(self, start: datetime, minutes: int) -> datetime:
        """
        The time that is `minutes` working minutes after `start`.

        In calendar time if DAYS_SEARCHED_MAX days do not have that many.
        """
        remaining = timedelta(minutes=minutes)
        day = start.astimezone(self.zone).date()
        for _ in range(DAYS_SEARCHED_MAX):
            if hours_of_day := self.opening_hours(day):
                begin = max(hours_of_day[0], start)
                if begin < hours_of_day[1]:
                    if remaining <= hours_of_day[1] - begin:
                        return begin + remaining
                    remaining -= hours_of_day[1] - begin
            day += DAY
        return start + timedelta(minutes=minutes)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """The working minutes from `start` to `end`; 0 if `end` is earlier."""
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        total = timedelta()
        while day <= last:
            if hours_of_day := self.opening_hours(day):
                total += max(timedelta(), min(hours_of_day[1], end) - max(hours_of_day[0], start))
            day += DAY
        return total // timedelta(minutes=1)


@cache
def philippine_holidays(year: int) -> frozenset[date]:
    """The public holidays of the year. A frozen set: the library's calendar extends itself and is not thread-safe."""
    return frozenset(holidays.country_holidays("PH", years=year))


def working_hours(sales: SalesSettings | None = None) -> WorkingHours:
    """The working hours in the settings."""
    sales = sales or SalesSettings.load()
    exceptions = dict(Holiday.objects.values_list("day", "is_working_day"))
    has_public_holidays = sales.public_holidays

    def is_day_off(day: date) -> bool:
        if day in exceptions:
            return not exceptions[day]
        return has_public_holidays and day in philippine_holidays(day.year)

    weekdays = frozenset(map(int, sales.days))
    return WorkingHours(sales.opens, sales.closes, weekdays, is_day_off, ZoneInfo(settings.TIME_ZONE))


def format_working_time(minutes: int) -> str:
    """`45 min`, `3 h 05 min`, `12 h`, `6 working days`."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 600:
        return f"{minutes // 60} h {minutes % 60:02} min"
    if minutes < 2 * WORKING_DAY_MINUTES:
        return f"{minutes // 60} h"
    return f"{minutes // WORKING_DAY_MINUTES} working days"
