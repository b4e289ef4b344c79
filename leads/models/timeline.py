"""The timeline of a lead."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models

from leads.models.lead import Lead
from leads.models.submission import Submission


class Event(models.Model):
    """A line of a lead's timeline: what happened, when, by whom. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Enquiry received"
        WROTE_AGAIN = "wrote_again", "Wrote again"
        STATUS = "status", "Status changed"
        OWNER = "owner", "Owner changed"
        FOLLOW_UP = "follow_up", "Follow-up"
        CALL = "call", "Call"
        NOTE = "note", "Note"
        REPLY = "reply", "Reply by e-mail"
        MERGED = "merged", "Merged"
        UNMERGED = "unmerged", "Merge undone"
        SPAM = "spam", "Marked as spam"
        RELEASED = "released", "Released from quarantine"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.TextField(blank=True)
    key = models.UUIDField(null=True, unique=True, help_text="Idempotency key of the form that staff sent.")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}".strip()


def record_event(
    lead: Lead,
    kind: Event.Kind,
    at: datetime,
    *,
    actor: User | None = None,
    submission: Submission | None = None,
    detail: str = "",
) -> Event:
    """Add a line to the lead's timeline, in the caller's transaction."""
    return Event.objects.create(lead=lead, kind=kind, at=at, actor=actor, submission=submission, detail=detail)
