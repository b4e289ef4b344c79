"""Where a lead stands, and where it may go from there."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from leads.clock import start_clock, stop_clock
from leads.models import Event, Lead, Status, record

MOVES: dict[str, list[Status]] = {
    Status.NEW: [Status.CONTACTED, Status.QUALIFIED, Status.LOST, Status.SPAM],
    Status.CONTACTED: [Status.QUALIFIED, Status.PROPOSAL, Status.WON, Status.LOST, Status.SPAM],
    Status.QUALIFIED: [Status.CONTACTED, Status.PROPOSAL, Status.WON, Status.LOST, Status.SPAM],
    Status.PROPOSAL: [Status.QUALIFIED, Status.WON, Status.LOST, Status.SPAM],
    Status.WON: [Status.QUALIFIED],
    Status.LOST: [Status.CONTACTED],
    Status.SPAM: [Status.NEW],
    Status.MERGED: [],
}
CLOSED = [Status.WON, Status.LOST, Status.SPAM]
USUAL_LOST_REASONS = [
    "Too expensive",
    "Chose another provider",
    "No budget",
    "Wrong time",
    "No answer",
    "Not our field",
]


class WrongMoveError(ValueError):
    """A move that MOVES does not have, or that lacks its reason; its text is a sentence for staff."""


class StaleLeadError(ValueError):
    """Somebody else changed the lead meanwhile; its text says who and what."""


def lock(lead: Lead, version: int | None = None) -> Lead:
    """
    The stored lead, for this transaction alone. Raises StaleLeadError when it is not as it was at `version`.

    None stands for whatever it is now.
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


def save(lead: Lead, **changes: Any) -> None:
    """Write the changes of a locked lead, as its next version."""
    changes["version"] = lead.version + 1
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changes))


@transaction.atomic
def change_status(
    lead: Lead,
    status: str,
    *,
    actor: User | AnonymousUser,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> None:
    """
    Move the lead (a value of Status), and put it on its timeline; a repetition does nothing.

    Raises WrongMoveError, and StaleLeadError when a version is given and the lead has another.
    """
    stored = lock(lead, version)
    if stored.status == status:
        return
    check_move(stored, status, reason)
    detail = f"{stored.get_status_display()} → {Status(status).label}"
    closes = status in CLOSED
    clock = start_clock(stored, stored.last_submission_at) if status == Status.NEW else stop_clock(stored, at)
    if status == Status.SPAM:
        clock["response_minutes"] = None  # nobody was waiting
    save(
        stored,
        **clock,
        status=status,
        lost_reason=reason.strip() if status == Status.LOST else "",
        closed_at=at if closes else None,
        **({"follow_up_on": None} if closes else {}),
    )
    record(
        stored, Event.Kind.STATUS, at, actor=actor, detail=f"{detail}: {reason.strip()}" if reason.strip() else detail
    )


def check_move(lead: Lead, status: str, reason: str = "") -> None:
    """Raises WrongMoveError with a sentence that says what is possible."""
    allowed = MOVES[lead.status]
    if status not in allowed:
        names = ", ".join(f"“{each.label}”" for each in allowed) or "nowhere"
        raise WrongMoveError(
            f"{lead.full_name} is “{lead.get_status_display()}”, which cannot become “{Status(status).label}”; "
            f"from there it goes to {names}."
        )
    if status == Status.LOST and not reason.strip():
        raise WrongMoveError(f"Say why {lead.full_name} was lost.")
