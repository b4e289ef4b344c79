"""Which leads the inbox lists, in which order, and how many there are."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import OrderBy
from django.utils.functional import cached_property
from django.utils.timezone import localdate

from leads.models import OPEN, Lead, Status, Submission

COUNTED_MAX = 5000  # counting a million rows takes longer than showing fifty
AGES = {"today": 0, "7": 6, "30": 29, "90": 89}  # received within: days before today

MOST_URGENT_FIRST: list[OrderBy | str] = [F("due_at").asc(nulls_last=True), "-last_submission_at", "-id"]
NEWEST_FIRST: list[OrderBy | str] = ["-last_submission_at", "-id"]

# As links above the list: title, and the list's parameters.
VIEWS = [
    ("Inbox", ""),
    ("Mine", "owner=me"),
    ("Unassigned", "owner=none"),
    ("Overdue", "clock=overdue"),
    ("Follow up today", "follow_up=due"),
    ("All", "status=all"),
    ("Won this month", "status=won&closed=month"),
    ("Lost this month", "status=lost&closed=month"),
]


class CountedPaginator(Paginator):
    """Counts no further than COUNTED_MAX: whoever looks for one lead among more searches or filters."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Lead] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[:COUNTED_MAX].count()


def with_latest_requirements(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """What the person wants, as the latest submission says it."""
    latest = Submission.objects.filter(lead=OuterRef("pk")).values("space_requirements")[:1]
    return leads.annotate(latest_requirements=Subquery(latest))


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.TIME_ZONE))


def start_of_month(now: datetime) -> datetime:
    return start_of(localdate(now).replace(day=1))


def open_work(now: datetime) -> list[Any]:
    """
    The open leads, counted by what the filters ask for: a row for each combination, with `leads`, their number.

    `age` is the index in AGES of the least span that holds the latest enquiry. No more than COUNTED_MAX are counted.
    """
    today = localdate(now)
    spans = [
        When(last_submission_at__gte=start_of(today - timedelta(days=days)), then=Value(index))
        for index, days in enumerate(AGES.values())
    ]
    some = Lead.objects.filter(status__in=OPEN).order_by()[:COUNTED_MAX]
    rows = Lead.objects.filter(pk__in=some.values("pk")).order_by()
    return list(
        rows.values(
            "status",
            "owner_id",
            "first_touch",
            "first_page",
            overdue=Case(When(due_at__lt=now, then=True), default=False),
            answered=Case(When(response_minutes__isnull=False, then=True), default=False),
            follow_up=Case(When(follow_up_on__lte=today, then=True), default=False),
            age=Case(*spans, default=Value(len(spans)), output_field=IntegerField()),
        ).annotate(leads=Count("pk"))
    )


def count_some(status: str) -> str:
    """How many leads have this status: `12`, or `5,000+`."""
    count = Lead.objects.filter(status=status).order_by()[:COUNTED_MAX].count()
    return f"{count:,}+" if count == COUNTED_MAX else f"{count:,}"


CLOSED_CHOICES = [Status.WON, Status.LOST, Status.SPAM]
