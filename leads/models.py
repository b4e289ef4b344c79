"""
What was sent, and whom sales works with.

A Submission is what a visitor sent: it is stored once and never changes. A Lead is the person behind one or
more submissions. leads/intake.py is the one way in.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.reference import grouped

IDENTITY_MAX = 360


class Lead(models.Model):
    """
    The person sales works with.

    Name and contact details are those of the first submission; later ones are read on the submissions, so
    nothing is overwritten.
    """

    class Status(models.TextChoices):
        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        QUALIFIED = "qualified", "Qualified"
        PROPOSAL = "proposal", "Proposal"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        SPAM = "spam", "Spam"

    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    email = models.CharField("e-mail", max_length=254)
    phone = models.CharField(max_length=20, help_text="E.164")
    phone_extension = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    wrote_again = models.BooleanField(
        default=False, help_text="A further enquiry has come in since staff last changed the status."
    )
    first_touch = models.CharField(max_length=200, blank=True, help_text="What brought the first enquiry.")
    last_touch = models.CharField(max_length=200, blank=True, help_text="What brought the latest enquiry.")
    created_at = models.DateTimeField("first enquiry")
    last_submission_at = models.DateTimeField("latest enquiry")

    class Meta:
        ordering = ["-last_submission_at", "-id"]
        indexes = [
            models.Index(fields=["-last_submission_at", "-id"], name="lead_latest"),
            models.Index(fields=["phone"], name="lead_phone"),
            models.Index(fields=["email"], name="lead_email"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Identity(models.Model):
    """
    Something by which a returning person is known, such as `email:ana@example.com`.

    Unique in the database, so that two enquiries of one person that arrive in the same instant still meet
    in one lead.
    """

    key = models.CharField(max_length=IDENTITY_MAX, unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="identities")

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return self.key


class ImmutableError(TypeError):
    """Raised on an attempt to change what a visitor sent."""


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def update(self, **changes: Any) -> int:
        """Change which lead the submissions belong to; anything else raises ImmutableError."""
        if set(changes) - {"lead", "lead_id"}:
            raise ImmutableError(f"A submission never changes: {', '.join(changes)}.")
        return super().update(**changes)


class Submission(models.Model):
    """
    What a visitor sent with the Quick Contact form, after validation: stored once, immutable.

    Only `lead`, the person it was joined to, may be set later.
    """

    CONTENT = ("first_name", "last_name", "phone", "phone_extension", "email", "space_requirements")

    key = models.CharField(
        max_length=64, unique=True, editable=False, help_text="Challenge and client, hashed: one submission each."
    )
    reference = models.CharField(max_length=8, db_index=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="submissions")

    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, help_text="E.164")
    phone_extension = models.CharField(max_length=20, blank=True)
    phone_as_typed = models.CharField(max_length=100)
    email = models.CharField("e-mail", max_length=254)
    space_requirements = models.TextField()
    page = models.CharField(max_length=500, blank=True, help_text="Path of the page the form stood on.")
    attribution = models.JSONField(
        default=dict, blank=True, help_text="utm_*, click ids, referrer, and source: leads/capture/attribution.py."
    )
    leave_blank = models.CharField(max_length=500, blank=True, help_text="What was in the field people do not see.")
    client = models.CharField(
        max_length=32, blank=True, editable=False, help_text="The sender's address, hashed: leads/capture/client.py."
    )
    received_at = models.DateTimeField(default=timezone.now)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="submission_latest"),
            models.Index(fields=["phone"], name="submission_phone"),
            models.Index(fields=["email"], name="submission_email"),
            models.Index(fields=["client", "received_at"], name="submission_client"),
        ]

    def __str__(self) -> str:
        return f"{grouped(self.reference)} {self.first_name} {self.last_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableError("A submission never changes.")
        super().save(*args, **kwargs)

    @property
    def source(self) -> str:
        """What brought the visitor, such as `google / cpc / spring`; an empty string if it is not known."""
        source: str = self.attribution.get("source", "")
        return source

    def says_the_same_as(self, other: "Submission") -> bool:
        """Whether both carry the same enquiry of the same person."""
        return all(getattr(self, field) == getattr(other, field) for field in self.CONTENT)


class Quarantine(models.Model):
    """
    A submission that screening, or somebody, holds back from sales; released it is like any other.

    leads/screening.py says when, leads/triage/quarantine.py how it ends.
    """

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="quarantine")
    reasons = models.JSONField(help_text="Sentences.")
    since = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "enquiry in quarantine"
        verbose_name_plural = "enquiries in quarantine"
        ordering = ["-since", "-id"]
        indexes = [
            models.Index(
                fields=["-since", "-id"], name="quarantine_held", condition=models.Q(released_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.submission)


class ScreeningRules(models.Model):
    """What makes screening hold an enquiry back; a single row. Nothing is refused by these, and nothing is lost."""

    accepted_per_hour = models.PositiveIntegerField(
        default=5, help_text="Enquiries of one network address in an hour; more are held."
    )
    links_max = models.PositiveIntegerField("links", default=2, help_text="More web addresses in a text are held.")
    disposable_domains = models.BooleanField(
        "throw-away addresses", default=True, help_text="Hold e-mail addresses of providers known for them."
    )
    words = models.TextField(
        "disallowed words", blank=True, help_text="Words or phrases, a line each, in names and requirements."
    )
    email_domains = models.TextField(
        "disallowed e-mail domains", blank=True, help_text="A line each; those below them are held too."
    )

    class Meta:
        verbose_name_plural = "screening rules"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="screeningrules_single_row")]

    def __str__(self) -> str:
        return "Screening rules"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)


class Event(models.Model):
    """One line of a lead's timeline: what happened, when, by whom. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Enquiry received"
        WROTE_AGAIN = "wrote_again", "Wrote again"
        STATUS = "status", "Status changed"
        SPAM = "spam", "Marked as spam"
        RELEASED = "released", "Released from quarantine"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}".strip()


class PostCount(models.Model):
    """How many forms a client posted in a minute: leads/capture/flood.py. Forgotten after an hour."""

    client = models.CharField(max_length=32, help_text="A keyed hash: leads/capture/client.py.")
    minute = models.DateTimeField(db_index=True)
    posts = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "minute"], name="postcount_client_minute")]

    def __str__(self) -> str:
        return f"{self.posts} at {self.minute}"


def record(
    lead: Lead,
    kind: Event.Kind,
    at: datetime,
    *,
    actor: Any = None,
    submission: Submission | None = None,
    detail: str = "",
) -> Event:
    """Add a line to the lead's timeline, in the caller's transaction."""
    return Event.objects.create(lead=lead, kind=kind, at=at, actor=actor, submission=submission, detail=detail)
