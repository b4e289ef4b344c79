"""The queries of the inbox: its views, its order, and how many leads are open. None counts beyond COUNTED_MAX."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import OrderBy
from django.utils.functional import cached_property
from django.utils.timezone import localdate

from leads.models import Lead, Submission
from leads.models.lead import is_follow_up_due, is_overdue

COUNTED_MAX = 5000  # counting a million rows takes longer than showing fifty
AGES = {"today": 0, "7": 6, "30": 29, "90": 89}  # choice of the filter → greatest age of the latest enquiry in days

MOST_URGENT_FIRST: list[OrderBy | str] = [F("due_at").asc(nulls_last=True), "-last_submission_at", "-id"]
NEWEST_FIRST: list[OrderBy | str] = ["-last_submission_at", "-id"]

# The links above the list: title and query string.
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


class BoundedPaginator(Paginator[Any]):
    """Counts to COUNTED_MAX. Search and filters find a lead beyond it."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[:COUNTED_MAX].count()


def with_latest_requirements(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """Annotates `latest_requirements`, the text of the latest submission."""
    latest = Submission.objects.filter(lead=OuterRef("pk")).values("space_requirements")[:1]
    return leads.annotate(latest_requirements=Subquery(latest))


def start_of_day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.TIME_ZONE))


def start_of_month(now: datetime) -> datetime:
    return start_of_day(localdate(now).replace(day=1))


def count_open_leads(now: datetime) -> list[dict[str, Any]]:
    """
    The numbers of open leads, grouped by the fields that the filters use.

    A row has `status`, `owner_id`, `first_touch`, `first_page`, the booleans `overdue`, `answered` and `follow_up`,
    `age` (the index in AGES of the shortest span that holds the latest enquiry) and `leads`, their number.
    """
    today = localdate(now)
    spans = [
        When(last_submission_at__gte=start_of_day(today - timedelta(days=days)), then=Value(index))
        for index, days in enumerate(AGES.values())
    ]
    counted = Lead.objects.open().order_by()[:COUNTED_MAX]
    leads = Lead.objects.filter(pk__in=counted.values("pk")).order_by()
    rows: Any = leads.values(
        "status",
        "owner_id",
        "first_touch",
        "first_page",
        overdue=Case(When(is_overdue(now), then=True), default=False),
        answered=Case(When(response_minutes__isnull=False, then=True), default=False),
        follow_up=Case(When(is_follow_up_due(today), then=True), default=False),
        age=Case(*spans, default=Value(len(spans)), output_field=IntegerField()),
    ).annotate(leads=Count("pk"))
    return list(rows)


def count_label(rows: QuerySet[Any]) -> str:
    """How many rows there are: `12`, or `5,000+`."""
    count = rows.order_by()[:COUNTED_MAX].count()
    return f"{count:,}+" if count == COUNTED_MAX else f"{count:,}"
