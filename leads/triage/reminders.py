"""What sales is told of without having asked: by mail through the outbox, each once. The delivery worker asks."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from leads.clock import working_calendar
from leads.models import OPEN, Lead, SalesSettings
from leads.notifications import alert_addresses, notify
from leads.outbox.models import Alarm
from leads.staff import managers, members
from leads.triage.columns import working_time
from leads.triage.work import name_of

LISTED_MAX = 50
ESCALATE_EVERY = timedelta(minutes=15)  # one list, not one mail for each lead


def check(now: datetime) -> None:
    remind_owners(now)
    tell_managers(now)
    send_digest(now)


@transaction.atomic
def remind_owners(now: datetime) -> None:
    """Leads that are due within `remind_minutes` and not overdue yet: their owner hears of each."""
    rules = SalesSettings.load()
    horizon = working_calendar(rules).add(now, rules.remind_minutes)
    soon = Lead.objects.filter(due_at__gte=now, due_at__lte=horizon, reminded=False, owner__is_active=True)
    for lead in locked(soon.exclude(owner__email="")):
        if lead.owner:
            Lead.objects.filter(pk=lead.pk).update(reminded=True)
            notify(lead.owner.email, f"Due at {clock_time(lead.due_at)}: {lead.full_name}", line(lead))


@transaction.atomic
def tell_managers(now: datetime) -> None:
    """Leads that became overdue since the last list: the managers get one list."""
    late = locked(Lead.objects.filter(due_at__lt=now, escalated=False).order_by("due_at"))
    if not late or not first_since(now - ESCALATE_EVERY, "overdue", now):
        return
    calendar = working_calendar()
    lines: list[str] = []
    ids: list[int] = []
    for lead in late:
        ids.append(lead.pk)
        if lead.due_at and len(lines) < LISTED_MAX:
            late_by = working_time(calendar.minutes_between(lead.due_at, now))
            owner = name_of(lead.owner) if lead.owner else "nobody's"
            lines.append(f"overdue by {late_by}, {owner}: {line(lead)}")
    Lead.objects.filter(pk__in=ids).update(escalated=True)
    if len(ids) > len(lines):
        lines.append(f"and {len(ids) - len(lines)} more\n")
    subject = "One lead is overdue" if len(ids) == 1 else f"{len(ids)} leads are overdue"
    body = "\n".join([*lines, f"All that are overdue: {inbox('clock=overdue')}\n"])
    for address in [each.email for each in managers() if each.email] or alert_addresses():
        notify(address, subject, body)


def locked(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """For this transaction alone; those that somebody works on in this moment come the next time."""
    return leads.select_related("owner").select_for_update(skip_locked=True, of=("self",), no_key=True)


@transaction.atomic
def send_digest(now: datetime) -> None:
    """At opening time of a working day, everybody in Sales: how much is open, overdue, to be followed up today."""
    rules = SalesSettings.load()
    session = working_calendar(rules).session(localdate(now))
    if not rules.daily_digest or session is None or not session[0] <= now < session[1]:
        return
    if not first_since(session[0], "digest", now):
        return
    today = localdate(now)
    numbers = {
        "open": Count("pk"),
        "overdue": Count("pk", filter=Q(due_at__lt=now)),
        "follow_up": Count("pk", filter=Q(follow_up_on__lte=today)),
    }
    work = Lead.objects.filter(status__in=OPEN)
    mine: dict[Any, Any] = {row["owner"]: row for row in work.order_by().values("owner").annotate(**numbers)}
    everybody = work.aggregate(**numbers)
    for member in members().exclude(email=""):
        notify(member.email, *digest(member, mine.get(member.pk, {}), everybody))


def digest(member: User, mine: dict, everybody: dict) -> tuple[str, str]:
    def counts(of: dict) -> str:
        return f"{of.get('open', 0)} open, {of.get('overdue', 0)} overdue, {of.get('follow_up', 0)} to follow up today"

    body = (
        f"Good morning {name_of(member)},\n\n"
        f"yours: {counts(mine)}\n{inbox('owner=me')}\n\n"
        f"everybody's: {counts(everybody)}\n{inbox()}\n"
    )
    return f"Today: {counts(mine)}", body


def first_since(since: datetime, name: str, now: datetime) -> bool:
    """Whether the caller is the first to say so since then: of several workers one is."""
    alarm, is_new = Alarm.objects.get_or_create(name=name, defaults={"raised_at": now})
    return is_new or bool(Alarm.objects.filter(pk=alarm.pk, raised_at__lt=since).update(raised_at=now))


def line(lead: Lead) -> str:
    url = settings.SITE_URL + reverse("admin:leads_lead_change", args=[lead.pk])
    return f"{lead.full_name}, {lead.phone}, {lead.email}\n{url}\n"


def inbox(query: str = "") -> str:
    return settings.SITE_URL + reverse("admin:leads_lead_changelist") + (f"?{query}" if query else "")


def clock_time(moment: datetime | None) -> str:
    return f"{localtime(moment):%H:%M}" if moment else ""
