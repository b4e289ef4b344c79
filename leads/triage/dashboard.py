"""The numbers on the admin's front page: exact, of the last 90 days, each with the list that makes it up."""

from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate, TruncWeek
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from leads.models import OPEN, AdmissionFailure, Lead, Quarantine, Status
from leads.notifications import alert_addresses
from leads.outbox.models import Delivery
from leads.triage.columns import working_time
from leads.triage.filters import SourceFilter, page_titles
from leads.triage.inbox import COUNTED_MAX, start_of
from leads.triage.work import name_of

DAYS = 90
ROWS_SHOWN = 12  # of a table; the others are there when asked for
ROWS_MAX = 200  # the rest is summed up
FUNNEL = [*OPEN, Status.WON, Status.LOST, Status.SPAM]


def dashboard(user: Any, now: datetime) -> dict[str, Any]:
    """What `user` may see: everybody's numbers, or one's own leads."""
    sees_all = user.has_perm("leads.see_all_numbers")
    mine = Lead.objects.all() if sees_all else Lead.objects.filter(owner=user)
    owner = {} if sees_all else {"owner": "me"}
    today = localdate(now)
    first = today - timedelta(days=DAYS - 1)
    lately = mine.filter(created_at__gte=start_of(first)).exclude(status=Status.MERGED).order_by()
    span = {"status": "all", **owner, "created": f"{first}..{today}"}
    shown: dict[str, Any] = {
        "is_own": not sees_all,
        "nobody_hears": not alert_addresses(),
        "not_admitted": AdmissionFailure.objects.count(),
        "tiles": tiles(user, mine, owner, now),
        "days": days(lately, first, today, owner),
        "tables": [
            table("By status", funnel(lately), lambda key: {**span, "status": key}, dict(Status.choices)),
            table("By source", counts(lately, "first_touch"), lambda key: {**span, "source": key or SourceFilter.NONE}),
            table(
                "By article",
                counts(lately, "first_page"),
                lambda key: {**span, "article": key or SourceFilter.NONE},
                page_titles(),
            ),
        ],
        "weeks": weeks(lately, first, owner),
    }
    if sees_all:
        names = {each.pk: name_of(each) for each in User.objects.filter(is_staff=True)}
        by_owner = table(
            "By owner",
            counts(lately, "owner"),
            lambda key: {**span, "owner": key or "none"},
            {**names, None: "Nobody"},
        )
        shown["tables"].append(by_owner)
    return shown


def tiles(user: Any, mine: QuerySet[Lead], owner: dict[str, str], now: datetime) -> list[dict[str, Any]]:
    """What waits for somebody."""
    work = mine.filter(status__in=OPEN).order_by()
    found = [
        tile("Open", work, inbox(owner)),
        tile("Overdue", mine.filter(due_at__lt=now).order_by(), inbox({**owner, "clock": "overdue"}), is_bad=True),
        tile("Follow up today", work.filter(follow_up_on__lte=localdate(now)), inbox({**owner, "follow_up": "due"})),
        tile("Unassigned", Lead.objects.filter(status__in=OPEN, owner=None).order_by(), inbox({"owner": "none"})),
    ]
    if user.has_perm("leads.view_quarantine"):
        held = Quarantine.objects.filter(released_at=None).order_by()
        found.append(tile("In quarantine", held, reverse("admin:leads_quarantine_changelist")))
    if user.has_perm("outbox.view_delivery"):
        dead = Delivery.objects.filter(state=Delivery.State.DEAD).order_by()
        url = reverse("admin:outbox_delivery_changelist", query={"state": "dead"})
        found.append(tile("Messages given up", dead, url, is_bad=True))
    return found


def tile(title: str, rows: QuerySet[Any], url: str, *, is_bad: bool = False) -> dict[str, Any]:
    count = rows[:COUNTED_MAX].count()
    number = f"{count:,}+" if count == COUNTED_MAX else f"{count:,}"
    return {"title": title, "number": number, "url": url, "is_bad": is_bad and count > 0}


def inbox(query: dict[str, Any]) -> str:
    return reverse("admin:leads_lead_changelist") + (f"?{urlencode(query)}" if query else "")


def counts(leads: QuerySet[Lead], field: str) -> list[tuple[Any, int]]:
    """The field's values and how many leads have each, the most first."""
    rows = leads.values_list(field).annotate(leads=Count("pk")).order_by("-leads", field)
    return [(value, number) for value, number in rows]


def funnel(leads: QuerySet[Lead]) -> list[tuple[Any, int]]:
    """The same for statuses, all of them and in their order."""
    found = dict(counts(leads, "status"))
    return [(status, found.get(status, 0)) for status in FUNNEL]


def table(title: str, rows: list[tuple[Any, int]], query: Any, names: dict[Any, str] | None = None) -> dict[str, Any]:
    """A line for each value: name, number, share of the most in per cent, and the list's address."""
    most = max((number for _, number in rows), default=0) or 1
    lines = [
        {
            "name": (names or {}).get(key, key or "Not known"),
            "number": number,
            "share": 100 * number / most,
            "url": inbox(query(key)),
        }
        for key, number in rows[:ROWS_MAX]
    ]
    if rest := sum(number for _, number in rows[ROWS_MAX:]):
        lines.append({"name": f"{len(rows) - ROWS_MAX} more", "number": rest, "share": min(100, 100 * rest / most)})
    return {"title": title, "lines": lines[:ROWS_SHOWN], "others": lines[ROWS_SHOWN:]}


def days(leads: QuerySet[Lead], first: date, last: date, owner: dict[str, str]) -> dict[str, Any]:
    """Leads for each day: bars in a field of 900 by 120."""
    rows = leads.values(day=TruncDate("created_at")).annotate(leads=Count("pk")).order_by()
    found = {row["day"]: row["leads"] for row in rows}
    spans = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    most = max(found.values(), default=0)
    return {
        "most": most,
        "total": sum(found.values()),
        "url": inbox({"status": "all", **owner, "created": f"{first}..{last}"}),
        "bars": [
            {
                "day": day,
                "number": found.get(day, 0),
                "x": index * 10,
                "y": 120 - 120 * found.get(day, 0) / (most or 1),
                "height": 120 * found.get(day, 0) / (most or 1),
                "url": inbox({"status": "all", **owner, "created": day}),
            }
            for index, day in enumerate(spans)
        ],
    }


def weeks(leads: QuerySet[Lead], first: date, owner: dict[str, str]) -> dict[str, Any]:
    """
    Median and 90th percentile of the working time to the first contact, by the week of the first enquiry.

    Of the leads since `first`, which may cut the first week short.
    """
    rows = (
        leads.filter(response_minutes__isnull=False)
        .values("response_minutes", week=TruncWeek("created_at"))
        .annotate(leads=Count("pk"))
        .order_by("week", "response_minutes")
    )
    found: dict[date, list[tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(localtime(row["week"]).date(), []).append((row["response_minutes"] or 0, row["leads"]))
    lines: list[dict[str, Any]] = [
        {
            "week": week,
            "answered": sum(number for _, number in each),
            "median": percentile(each, 50),
            "slowest": percentile(each, 90),
            "url": inbox(
                {
                    "status": "all",
                    **owner,
                    "clock": "answered",
                    "created": f"{max(week, first)}..{week + timedelta(days=6)}",
                }
            ),
        }
        for week, each in found.items()
    ]
    most = max((line["slowest"] for line in lines), default=0) or 1
    for line in lines:
        line["x"] = 20 + (line["week"] - lines[0]["week"]).days // 7 * 60
        line["y_median"], line["y_slowest"] = (110 - 100 * line[name] / most for name in ("median", "slowest"))
        line["median_text"], line["slowest_text"] = working_time(line["median"]), working_time(line["slowest"])
    return {
        "lines": lines,
        "most": working_time(most),
        "medians": " ".join(f"{line['x']},{line['y_median']:.1f}" for line in lines),
        "slowests": " ".join(f"{line['x']},{line['y_slowest']:.1f}" for line in lines),
    }


def percentile(values: list[tuple[int, int]], percent: int) -> int:
    """The least value that at least so many per cent do not exceed (nearest rank); of (value, how often), by value."""
    total = sum(number for _, number in values)
    for (value, _), below in zip(values, accumulate(number for _, number in values), strict=True):
        if 100 * below >= percent * total:
            return value
    raise ValueError("There are no values.")
