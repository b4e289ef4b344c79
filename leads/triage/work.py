"""What sales does with a lead: each once, on the timeline, in one transaction."""

from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models, transaction

from leads.clock import stop_clock
from leads.models import Event, Lead, Status, record
from leads.notifications import queue_reply
from leads.triage.pipeline import change_status, lock, save


class CallOutcome(models.TextChoices):
    REACHED = "reached", "Spoke with them"
    MESSAGE = "message", "Left a message"
    NO_ANSWER = "no_answer", "No answer"


def once(lead: Lead, kind: Event.Kind, at: datetime, *, actor: User, detail: str, key: UUID) -> bool:
    """Put what a form says on the timeline; False if that form did so before, as after a second click."""
    _, is_new = Event.objects.get_or_create(
        key=key, defaults={"lead": lead, "kind": kind, "at": at, "actor": actor, "detail": detail}
    )
    return is_new


@transaction.atomic
def add_note(lead: Lead, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    once(lead, Event.Kind.NOTE, at, actor=actor, detail=text, key=key)


@transaction.atomic
def log_call(lead: Lead, outcome: str, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    """`outcome` is a value of CallOutcome. Whoever was reached was contacted."""
    detail = CallOutcome(outcome).label + (f": {text}" if text else "")
    if once(lead, Event.Kind.CALL, at, actor=actor, detail=detail, key=key) and outcome == CallOutcome.REACHED:
        contacted(lead, actor=actor, at=at)


@transaction.atomic
def reply(lead: Lead, subject: str, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    """Queue a mail to the lead, which answers to the writer."""
    if not once(lead, Event.Kind.REPLY, at, actor=actor, detail=f"{subject}\n\n{text}", key=key):
        return
    queue_reply(lead, subject, text, actor=actor, key=key)
    contacted(lead, actor=actor, at=at)


def contacted(lead: Lead, *, actor: User, at: datetime) -> None:
    """Stop the clock; a new lead is a contacted one."""
    stored = lock(lead)
    if stored.status == Status.NEW:
        change_status(stored, Status.CONTACTED, actor=actor, at=at)
    elif stored.due_at is not None or stored.wrote_again:
        save(stored, **stop_clock(stored, at))


@transaction.atomic
def set_follow_up(lead: Lead, day: date | None, *, actor: User, at: datetime, version: int | None = None) -> None:
    """Raises StaleLeadError."""
    stored = lock(lead, version)
    if stored.follow_up_on == day:
        return
    save(stored, follow_up_on=day)
    record(stored, Event.Kind.FOLLOW_UP, at, actor=actor, detail=f"on {day:%d %B %Y}" if day else "none")


@transaction.atomic
def assign(lead: Lead, owner: User | None, *, actor: User, at: datetime, version: int | None = None) -> None:
    """Raises StaleLeadError."""
    stored = lock(lead, version)
    if stored.owner == owner:
        return
    before = name_of(stored.owner)
    save(stored, owner=owner)
    record(stored, Event.Kind.OWNER, at, actor=actor, detail=f"{before} → {name_of(owner)}")


def name_of(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else "nobody"
