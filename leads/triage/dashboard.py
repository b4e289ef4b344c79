"""The numbers on the admin's front page: exact, for the last 90 days, each with a link to its list of leads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate, TruncWeek
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from leads.admin_urls import inbox_path
from leads.models import CLOSED, OPEN, AdmissionFailure, Lead, Quarantine, Status
from leads.models.lead import LeadQuerySet
from leads.notifications import alert_addresses
from leads.outbox.models import Delivery
from leads.staff import display_name
from leads.triage.inbox_filters import SourceFilter, page_titles
from leads.triage.inbox_queries import count_label, start_of_day
from leads.working_hours import format_working_time

DAYS = 90
ROWS_SHOWN = 12  # of a table; the others are behind a click
ROWS_MAX = 200  # the rest is one row
FUNNEL = [*OPEN, *CLOSED]

Counts = list[tuple[Any, int]]  # pairs of a value and its number of leads


def dashboard(user: User, now: datetime) -> dict[str, Any]:
    """The context of the template, for the leads that `user` may see: all, or the user's own."""
    sees_all = user.has_perm("leads.see_all_numbers")
    mine = Lead.objects.all() if sees_all else Lead.objects.filter(owner=user)
    owner = {} if sees_all else {"owner": "me"}
    today = localdate(now)
    first = today - timedelta(days=DAYS - 1)
    recent = mine.filter(created_at__gte=start_of_day(first)).not_merged().order_by()
    span = {"status": "all", **owner, "created": f"{first}..{today}"}
    context: dict[str, Any] = {
        "is_own": not sees_all,
        "has_no_alert_address": not alert_addresses(),
        "not_admitted": AdmissionFailure.objects.count(),
        "tiles": tiles(user, mine, owner, now),
        "days": days(recent, first, today, owner),
        "tables": [
            table("By status", funnel(recent), lambda key: {**span, "status": key}, dict(Status.choices)),
            table("By source", counts(recent, "first_touch"), lambda key: {**span, "source": key or SourceFilter.NONE}),
            table(
                "By article",
                counts(recent, "first_page"),
                lambda key: {**span, "article": key or SourceFilter.NONE},
                page_titles(),
            ),
        ],
        "weeks": weeks(recent, first, owner),
    }
    if sees_all:
        names = {member.pk: display_name(member) for member in User.objects.filter(is_staff=True)}
        by_owner = table(
            "By owner",
            counts(recent, "owner"),
            lambda key: {**span, "owner": key or "none"},
            {**names, None: "Nobody"},
        )
        context["tables"].append(by_owner)
    return context


def tiles(user: User, mine: LeadQuerySet, owner: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """Numbers of what waits for staff."""
    follow_up = mine.open().follow_up_due(localdate(now))
    row = [
        tile("Open", mine.open(), inbox_path(owner)),
        tile("Overdue", mine.overdue(now), inbox_path({**owner, "clock": "overdue"}), is_bad=True),
        tile("Follow up today", follow_up, inbox_path({**owner, "follow_up": "due"})),
        tile("Unassigned", Lead.objects.open().filter(owner=None), inbox_path({"owner": "none"})),
    ]
    if user.has_perm("leads.view_quarantine"):
        held = Quarantine.objects.waiting()
        row.append(tile("In quarantine", held, reverse("admin:leads_quarantine_changelist")))
    if user.has_perm("outbox.view_delivery"):
        dead = Delivery.objects.filter(state=Delivery.State.DEAD)
        url = reverse("admin:outbox_delivery_changelist", query={"state": "dead"})
        row.append(tile("Messages given up", dead, url, is_bad=True))
    return row


def tile(title: str, rows: QuerySet[Any], url: str, *, is_bad: bool = False) -> dict[str, Any]:
    number = count_label(rows)
    return {"title": title, "number": number, "url": url, "is_bad": is_bad and number != "0"}


def counts(leads: QuerySet[Lead], field: str) -> Counts:
    """The number of leads for each value of the field, the largest first."""
    rows = leads.values_list(field).annotate(leads=Count("pk")).order_by("-leads", field)
    return [(value, number) for value, number in rows]


def funnel(leads: QuerySet[Lead]) -> Counts:
    """The number of leads for each status, in the order of FUNNEL."""
    by_status = dict(counts(leads, "status"))
    return [(status, by_status.get(status, 0)) for status in FUNNEL]


def table(
    title: str,
    rows: Counts,
    query: Callable[[Any], Mapping[str, object]],
    names: Mapping[Any, str] | None = None,
) -> dict[str, Any]:
    """A line for each value: name, number, per cent of the largest number, and the address of the list."""
    most = max((number for _, number in rows), default=0) or 1
    lines = [
        {
            "name": (names or {}).get(key, key or "Not known"),
            "number": number,
            "share": 100 * number / most,
            "url": inbox_path(query(key)),
        }
        for key, number in rows[:ROWS_MAX]
    ]
    if rest := sum(number for _, number in rows[ROWS_MAX:]):
        lines.append({"name": f"{len(rows) - ROWS_MAX} more", "number": rest, "share": min(100, 100 * rest / most)})
    return {"title": title, "lines": lines[:ROWS_SHOWN], "others": lines[ROWS_SHOWN:]}


def days(leads: QuerySet[Lead], first: date, last: date, owner: Mapping[str, str]) -> dict[str, Any]:
    """Leads per day, as bars in a field of 900 by 120."""
    rows = leads.values(day=TruncDate("created_at")).annotate(leads=Count("pk")).order_by()
    by_day = {row["day"]: row["leads"] for row in rows}
    dates = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    most = max(by_day.values(), default=0)
    return {
        "most": most,
        "total": sum(by_day.values()),
        "url": inbox_path({"status": "all", **owner, "created": f"{first}..{last}"}),
        "bars": [
            {
                "day": day,
                "number": by_day.get(day, 0),
                "x": index * 10,
                "y": 120 - 120 * by_day.get(day, 0) / (most or 1),
                "height": 120 * by_day.get(day, 0) / (most or 1),
                "url": inbox_path({"status": "all", **owner, "created": day}),
            }
            for index, day in enumerate(dates)
        ],
    }


def weeks(leads: QuerySet[Lead], first: date, owner: Mapping[str, str]) -> dict[str, Any]:
    """
    Median and 90th percentile of the working time to the first contact, by the week of the first enquiry.

    As lines of a table, with their points in a field of 900 by 120. `first` is the first day of the period; the first
    week may be shorter.
    """
    by_week = response_minutes_by_week(leads)
    slowest = {week: percentile(minutes, 90) for week, minutes in by_week.items()}
    most = max(slowest.values(), default=0) or 1
    lines: list[dict[str, Any]] = []
    for week, minutes in by_week.items():
        median = percentile(minutes, 50)
        days_of_week = f"{max(week, first)}..{week + timedelta(days=6)}"
        lines.append(
            {
                "week": week,
                "answered": sum(number for _, number in minutes),
                "median_text": format_working_time(median),
                "slowest_text": format_working_time(slowest[week]),
                "url": inbox_path({"status": "all", **owner, "clock": "answered", "created": days_of_week}),
                "median": median,
                "slowest": slowest[week],
                "x": 20 + (week - next(iter(by_week))).days // 7 * 60,
                "y_median": 110 - 100 * median / most,
                "y_slowest": 110 - 100 * slowest[week] / most,
            }
        )
    return {
        "lines": lines,
        "most": format_working_time(most),
        "medians": " ".join(f"{line['x']},{line['y_median']:.1f}" for line in lines),
        "slowests": " ".join(f"{line['x']},{line['y_slowest']:.1f}" for line in lines),
    }


def response_minutes_by_week(leads: QuerySet[Lead]) -> dict[date, list[tuple[int, int]]]:
    """For the Monday of each week, the sorted pairs of a response time in minutes and its number of leads."""
    rows = (
        leads.filter(response_minutes__isnull=False)
        .values("response_minutes", week=TruncWeek("created_at"))
        .annotate(leads=Count("pk"))
        .order_by("week", "response_minutes")
    )
    by_week: dict[date, list[tuple[int, int]]] = {}
    for row in rows:
        by_week.setdefault(localtime(row["week"]).date(), []).append((row["response_minutes"] or 0, row["leads"]))
    return by_week


def percentile(values: list[tuple[int, int]], percent: int) -> int:
    """Nearest-rank percentile of sorted (value, count) pairs."""
    total = sum(number for _, number in values)
    for (value, _), below in zip(values, accumulate(number for _, number in values), strict=True):
        if 100 * below >= percent * total:
            return value
    raise ValueError("There are no values.")
