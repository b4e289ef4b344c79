"""The clock of a lead: when its enquiry has to be answered, and how long the first answer took, in working time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import Lead, SalesSettings
from leads.working_hours import WorkingHours, working_hours


@dataclass(frozen=True)
class ResponseTime:
    """The time in which an enquiry has to be answered: `minutes` of working time. Loaded once for a batch."""

    hours: WorkingHours
    minutes: int

    @classmethod
    def load(cls) -> "ResponseTime":
        sales = SalesSettings.load()
        return cls(working_hours(sales), sales.response_minutes)


def start_clock(lead: Lead, since: datetime, response_time: ResponseTime | None = None) -> dict[str, Any]:
    """The changes that start the clock of a lead whose enquiry came in at `since`; {} if it runs already."""
    if lead.due_at is not None:
        return {}
    response_time = response_time or ResponseTime.load()
    due_at = response_time.hours.add(since, response_time.minutes)
    return {"waiting_since": since, "due_at": due_at, "reminded": False, "escalated": False}


def stop_clock(lead: Lead, at: datetime) -> dict[str, Any]:
    """The changes that stop the clock of a lead that staff contacted at `at`. The first response time is kept."""
    changes: dict[str, Any] = {"waiting_since": None, "due_at": None, "wrote_again": False}
    if lead.response_minutes is None:
        changes["response_minutes"] = working_hours().minutes_between(lead.created_at, at)
    return changes
