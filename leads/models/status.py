"""The statuses of a lead: which are open, which closed, and the moves between them."""

from django.db import models


class Status(models.TextChoices):
    NEW = "new", "New"
    CONTACTED = "contacted", "Contacted"
    QUALIFIED = "qualified", "Qualified"
    PROPOSAL = "proposal", "Proposal"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    SPAM = "spam", "Spam"
    MERGED = "merged", "Merged into another"


# Sales works on open leads. A closed lead is open again when its person writes. A merged lead is neither: it is part of
# another lead, and no list shows it.
OPEN = (Status.NEW, Status.CONTACTED, Status.QUALIFIED, Status.PROPOSAL)
CLOSED = (Status.WON, Status.LOST, Status.SPAM)

# What staff may do (leads/actions/change_status.py). Merging and undoing a merge (leads/actions/merge.py) are no moves.
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

USUAL_LOST_REASONS = [
    "Too expensive",
    "Chose another provider",
    "No budget",
    "Wrong time",
    "No answer",
    "Not our field",
]


def allowed_moves(status: str) -> list[Status]:
    """The statuses to which a lead with `status` may go; an empty list for a status that only a newer release knows."""
    return MOVES.get(status, [])
