"""When an enquiry is to be answered: in working time, as sales has set it (SalesSettings, Holiday)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings

from leads.models import Holiday, Lead, SalesSettings

DAY = timedelta(days=1)
DAYS_SEARCHED = 366  # for a working day, in a calendar that has none


@dataclass(frozen=True)
class Calendar:
    """
    Working time: `opens` to `closes` on the weekdays (0 is Monday) that are not `off`, in `zone`.

    Times are aware datetimes; durations are whole working minutes.
    """

    opens: time
    closes: time
    weekdays: frozenset[int]
    off: Callable[[date], bool]
    zone: ZoneInfo

    def session(self, day: date) -> tuple[datetime, datetime] | None:
        """From when to when work is done on that day; None on a day off."""
        if day.weekday() not in self.weekdays or self.off(day):
            return None
        return datetime.combine(day, self.opens, self.zone), datetime.combine(day, self.closes, self.zone)

    def add(self, start: datetime, minutes: int) -> datetime:
        """The moment so many working minutes after `start`."""
        left = timedelta(minutes=minutes)
        day = start.astimezone(self.zone).date()
        for _ in range(DAYS_SEARCHED):
            if session := self.session(day):
                begin = max(session[0], start)
                if begin < session[1]:
                    if left <= session[1] - begin:
                        return begin + left
                    left -= session[1] - begin
            day += DAY
        return start + timedelta(minutes=minutes)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """How many working minutes lie between the two; 0 if `end` is the earlier."""
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        total = timedelta()
        while day <= last:
            if session := self.session(day):
                total += max(timedelta(), min(session[1], end) - max(session[0], start))
            day += DAY
        return total // timedelta(minutes=1)


@cache
def philippine_holidays(year: int) -> frozenset[date]:
    """Asked for a year at a time: the library's own calendar fills itself while other threads may be reading it."""
    return frozenset(holidays.country_holidays("PH", years=year))


def working_calendar(rules: SalesSettings | None = None) -> Calendar:
    """As it is set now."""
    rules = rules or SalesSettings.load()
    exceptions = dict(Holiday.objects.values_list("day", "is_working_day"))

    def off(day: date) -> bool:
        if day in exceptions:
            return not exceptions[day]
        return rules.public_holidays and day in philippine_holidays(day.year)

    return Calendar(rules.opens, rules.closes, frozenset(map(int, rules.days)), off, ZoneInfo(settings.TIME_ZONE))


@dataclass(frozen=True)
class ResponseTime:
    """How soon an enquiry is to be answered, as sales has set it: read once for many enquiries."""

    calendar: Calendar
    minutes: int

    @classmethod
    def load(cls) -> "ResponseTime":
        rules = SalesSettings.load()
        return cls(working_calendar(rules), rules.response_minutes)


def start_clock(lead: Lead, since: datetime, response_time: ResponseTime | None = None) -> dict[str, Any]:
    """What changes in the lead when an enquiry comes in: it gets a due time, unless it has one already."""
    if lead.due_at is not None:
        return {}
    response_time = response_time or ResponseTime.load()
    due = response_time.calendar.add(since, response_time.minutes)
    return {"waiting_since": since, "due_at": due, "reminded": False, "escalated": False}


def stop_clock(lead: Lead, at: datetime) -> dict[str, Any]:
    """What changes in the lead when staff contact it: it is due no more. The first response time is kept."""
    changes: dict[str, Any] = {"waiting_since": None, "due_at": None, "wrote_again": False}
    if lead.response_minutes is None:
        changes["response_minutes"] = working_calendar().minutes_between(lead.created_at, at)
    return changes
