"""What a lead gets when it is closed or opened again: closing date, reason, follow-up."""

from datetime import datetime
from typing import Any

from leads.models import CLOSED, OPEN, Status


def status_fields(status: Status, at: datetime, reason: str = "") -> dict[str, Any]:
    """
    The fields of a lead that gets this status at `at`. Every change of a status takes them from here, except
    undo_merge(), which restores former values.

    `closed_at` is set for a closed status, `lost_reason` for a lost one. `follow_up_on` is cleared unless the status is
    open; `waiting_since` and `due_at` are cleared for a merged one. The caller sets the clock of the others
    (leads/clock.py).
    """
    fields: dict[str, Any] = {
        "status": status,
        "closed_at": at if status in CLOSED else None,
        "lost_reason": reason.strip() if status == Status.LOST else "",
    }
    if status not in OPEN:
        fields["follow_up_on"] = None
    if status == Status.MERGED:
        fields |= {"waiting_since": None, "due_at": None}
    return fields
