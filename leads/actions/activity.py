"""
What sales does with a lead: notes, calls, replies, follow-ups, owners. Each is one transaction, with its line on the
timeline.

`at` is an aware datetime. `key` is the idempotency key of a form: a second call with it does nothing. With `version`,
a function raises StaleLeadError if the lead has another one.
"""

from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models, transaction

from leads.actions.change_status import change_status
from leads.actions.lead_row import lock_lead, save_changes
from leads.clock import stop_clock
from leads.models import Event, Lead, Status, record_event
from leads.notifications import queue_reply
from leads.staff import display_name


class CallOutcome(models.TextChoices):
    REACHED = "reached", "Spoke with them"
    MESSAGE = "message", "Left a message"
    NO_ANSWER = "no_answer", "No answer"


@transaction.atomic
def add_note(lead: Lead, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    record_once(lead, Event.Kind.NOTE, at, actor=actor, detail=text, key=key)


@transaction.atomic
def log_call(lead: Lead, outcome: str, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    """`outcome` is a value of CallOutcome. Only REACHED counts as a contact."""
    detail = CallOutcome(outcome).label + (f": {text}" if text else "")
    is_new = record_once(lead, Event.Kind.CALL, at, actor=actor, detail=detail, key=key)
    if is_new and outcome == CallOutcome.REACHED:
        mark_contacted(lead, actor=actor, at=at)


@transaction.atomic
def reply(lead: Lead, subject: str, text: str, *, actor: User, at: datetime, key: UUID) -> None:
    """Queue a mail to the lead; its Reply-To is the actor."""
    if not record_once(lead, Event.Kind.REPLY, at, actor=actor, detail=f"{subject}\n\n{text}", key=key):
        return
    queue_reply(lead, subject, text, actor=actor, key=key)
    mark_contacted(lead, actor=actor, at=at)


@transaction.atomic
def set_follow_up(lead: Lead, day: date | None, *, actor: User, at: datetime, version: int | None = None) -> None:
    """Set the day of the follow-up; None removes it."""
    stored = lock_lead(lead, version)
    if stored.follow_up_on == day:
        return
    save_changes(stored, {"follow_up_on": day})
    record_event(stored, Event.Kind.FOLLOW_UP, at, actor=actor, detail=f"on {day:%d %B %Y}" if day else "none")


@transaction.atomic
def assign(lead: Lead, owner: User | None, *, actor: User, at: datetime, version: int | None = None) -> None:
    """Give the lead to an owner; None takes it from its owner."""
    stored = lock_lead(lead, version)
    if stored.owner == owner:
        return
    former = display_name(stored.owner)
    save_changes(stored, {"owner": owner})
    record_event(stored, Event.Kind.OWNER, at, actor=actor, detail=f"{former} → {display_name(owner)}")


def mark_contacted(lead: Lead, *, actor: User, at: datetime) -> None:
    """Stop the clock; a new lead becomes a contacted one."""
    stored = lock_lead(lead)
    if stored.status == Status.NEW:
        change_status(stored, Status.CONTACTED, actor=actor, at=at)
    elif stored.due_at is not None or stored.wrote_again:
        save_changes(stored, stop_clock(stored, at))


def record_once(lead: Lead, kind: Event.Kind, at: datetime, *, actor: User, detail: str, key: UUID) -> bool:
    """Add a line to the timeline; False if the form with this key did so before, as on a second click."""
    _, is_new = Event.objects.get_or_create(
        key=key, defaults={"lead": lead, "kind": kind, "at": at, "actor": actor, "detail": detail}
    )
    return is_new
