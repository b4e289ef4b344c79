"""
Functions that lock and write the row of a lead. Each write increments `version`; a write of the status also adds a line
to the timeline.

For leads/actions/ alone. Everything else calls change_status() or another action.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from leads.clock import start_clock, stop_clock
from leads.closing import status_fields
from leads.models import Event, Lead, Status, record_event
from leads.models.status import allowed_moves


class WrongMoveError(ValueError):
    """A move that is not allowed, or a missing reason. The text is a sentence for staff."""


class StaleLeadError(ValueError):
    """The lead was changed since the page was rendered. The text says by whom, and what."""


def lock_lead(lead: Lead, version: int | None = None) -> Lead:
    """
    The stored lead, locked until the end of the transaction.

    Raises StaleLeadError if `version` is given and the lead has another.
    """
    stored = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
    if version is not None and stored.version != version:
        latest = stored.events.exclude(kind__in=[Event.Kind.NOTE, Event.Kind.CALL]).select_related("actor").last()
        who = latest.actor if latest and latest.actor else "Somebody"
        what = f": {latest.get_kind_display()} {latest.detail}".rstrip() if latest else ""
        raise StaleLeadError(
            f"{who} changed this lead while you had it open{what}. "
            "Nothing was overwritten: look at it, then decide anew."
        )
    return stored


def save_changes(lead: Lead, changes: dict[str, Any]) -> None:
    """Write the changes of a locked lead, as its next version."""
    changes = {**changes, "version": lead.version + 1}
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changes))


def check_move(lead: Lead, status: Status, reason: str = "") -> None:
    """Raises WrongMoveError with a sentence that says what is possible."""
    allowed = allowed_moves(lead.status)
    if status not in allowed:
        names = ", ".join(f"“{move.label}”" for move in allowed) or "nowhere"
        raise WrongMoveError(
            f"{lead.full_name} is “{lead.get_status_display()}”, which cannot become “{status.label}”; "
            f"from there it goes to {names}."
        )
    if status == Status.LOST and not reason.strip():
        raise WrongMoveError(f"Say why {lead.full_name} was lost.")


def write_status(lead: Lead, status: Status, *, actor: User, at: datetime, reason: str = "") -> None:
    """Write the new status of a locked lead, with its clock and its line on the timeline. Raises WrongMoveError."""
    check_move(lead, status, reason)
    detail = f"{lead.get_status_display()} → {status.label}" + (f": {reason.strip()}" if reason.strip() else "")
    clock = start_clock(lead, lead.last_submission_at) if status == Status.NEW else stop_clock(lead, at)
    if status == Status.SPAM:
        clock["response_minutes"] = None  # spam is not answered, so it has no response time
    save_changes(lead, {**clock, **status_fields(status, at, reason)})
    record_event(lead, Event.Kind.STATUS, at, actor=actor, detail=detail)
