"""Reminders, the list of overdue leads and the daily digest: mails to sales, sent once. The worker runs check()."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.timezone import localdate, localtime

from leads.admin_urls import inbox_url, lead_url
from leads.models import Lead, SalesSettings
from leads.models.lead import is_follow_up_due, is_overdue
from leads.notifications import alert_addresses, notify
from leads.outbox.models import StaffNotice
from leads.staff import display_name, managers, members
from leads.working_hours import format_working_time, working_hours

LISTED_MAX = 50
ESCALATION_INTERVAL = timedelta(minutes=15)  # one list, not one mail for each lead

Numbers = dict[str, int]  # of leads: open, overdue, follow_up


def check(now: datetime) -> None:
    """Queue the mails that are due."""
    remind_owners(now)
    escalate_overdue(now)
    send_digest(now)


@transaction.atomic
def remind_owners(now: datetime) -> None:
    """Mail the owner of each lead that is due within `remind_minutes`."""
    sales = SalesSettings.load()
    horizon = working_hours(sales).add(now, sales.remind_minutes)
    soon = Lead.objects.filter(due_at__gte=now, due_at__lte=horizon, reminded=False, owner__is_active=True)
    for lead in locked(soon.exclude(owner__email="")):
        if lead.owner:
            Lead.objects.filter(pk=lead.pk).update(reminded=True)
            notify(lead.owner.email, f"Due at {clock_time(lead.due_at)}: {lead.full_name}", describe(lead))


@transaction.atomic
def escalate_overdue(now: datetime) -> None:
    """Mail the managers a list of the leads that became overdue since the last one."""
    late = locked(Lead.objects.overdue(now).filter(escalated=False).order_by("due_at"))
    if not late or not claim_notice("overdue", now - ESCALATION_INTERVAL, now):
        return
    hours = working_hours()
    lines: list[str] = []
    ids: list[int] = []
    for lead in late:
        ids.append(lead.pk)
        if lead.due_at and len(lines) < LISTED_MAX:
            late_by = format_working_time(hours.minutes_between(lead.due_at, now))
            owner = display_name(lead.owner) if lead.owner else "no owner"
            lines.append(f"overdue by {late_by}, {owner}: {describe(lead)}")
    Lead.objects.filter(pk__in=ids).update(escalated=True)
    if len(ids) > len(lines):
        lines.append(f"and {len(ids) - len(lines)} more\n")
    subject = "One lead is overdue" if len(ids) == 1 else f"{len(ids)} leads are overdue"
    body = "\n".join([*lines, f"All that are overdue: {inbox_url({'clock': 'overdue'})}\n"])
    for address in [manager.email for manager in managers() if manager.email] or alert_addresses():
        notify(address, subject, body)


def locked(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """Locked until the end of the transaction, without those that another transaction has locked."""
    return leads.select_related("owner").select_for_update(skip_locked=True, of=("self",), no_key=True)


@transaction.atomic
def send_digest(now: datetime) -> None:
    """At opening time of a working day, mail each member of sales the numbers of the day."""
    sales = SalesSettings.load()
    hours_today = working_hours(sales).opening_hours(localdate(now))
    if not sales.daily_digest or hours_today is None or not hours_today[0] <= now < hours_today[1]:
        return
    if not claim_notice("digest", hours_today[0], now):
        return
    today = localdate(now)
    counts = {
        "open": Count("pk"),
        "overdue": Count("pk", filter=is_overdue(now)),
        "follow_up": Count("pk", filter=is_follow_up_due(today)),
    }
    leads = Lead.objects.open()
    by_owner: dict[Any, Any] = {row["owner"]: row for row in leads.order_by().values("owner").annotate(**counts)}
    total: Numbers = leads.aggregate(**counts)
    for member in members().exclude(email=""):
        notify(member.email, *digest(member, by_owner.get(member.pk, {}), total))


def digest(member: User, own: Numbers, total: Numbers) -> tuple[str, str]:
    """Subject and body."""
    body = (
        f"Good morning {display_name(member)},\n\n"
        f"yours: {summary(own)}\n{inbox_url({'owner': 'me'})}\n\n"
        f"everybody's: {summary(total)}\n{inbox_url()}\n"
    )
    return f"Today: {summary(own)}", body


def summary(numbers: Numbers) -> str:
    open_leads, overdue, follow_up = (numbers.get(name, 0) for name in ("open", "overdue", "follow_up"))
    return f"{open_leads} open, {overdue} overdue, {follow_up} to follow up today"


def claim_notice(name: str, since: datetime, now: datetime) -> bool:
    """
    Claim the notice `name`: True, and `now` is recorded, if it was last claimed before `since`.

    Of several workers, one gets True.
    """
    notice, is_new = StaffNotice.objects.get_or_create(name=name, defaults={"raised_at": now})
    return is_new or bool(StaffNotice.objects.filter(pk=notice.pk, raised_at__lt=since).update(raised_at=now))


def describe(lead: Lead) -> str:
    return f"{lead.full_name}, {lead.phone}, {lead.email}\n{lead_url(lead.pk)}\n"


def clock_time(moment: datetime | None) -> str:
    return f"{localtime(moment):%H:%M}" if moment else ""
