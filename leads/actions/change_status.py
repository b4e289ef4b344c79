"""Changing the status of a lead."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from leads.actions.lead_row import StaleLeadError, WrongMoveError, check_move, lock_lead, write_status
from leads.actions.quarantine import hold_all, release_all
from leads.models import Lead, Status

__all__ = ["StaleLeadError", "WrongMoveError", "change_status"]


@transaction.atomic
def change_status(
    lead: Lead, status: str, *, actor: User, at: datetime, reason: str = "", version: int | None = None
) -> None:
    """
    Move the lead to `status` (a value of Status), with all that this means: clock, closing date, timeline, quarantine.

    All enquiries of a lead that becomes spam are held; when it leaves spam, they are released. A repetition does
    nothing. Raises WrongMoveError, and StaleLeadError if `version` is given and the lead has another.
    """
    stored, new = lock_lead(lead, version), Status(status)
    if stored.status == new:
        return
    check_move(stored, new, reason)
    was_spam = stored.status == Status.SPAM
    if new == Status.SPAM:
        hold_all(stored, actor=actor, at=at)
    write_status(stored, new, actor=actor, at=at, reason=reason)
    if was_spam:
        release_all(stored, actor=actor, at=at)
