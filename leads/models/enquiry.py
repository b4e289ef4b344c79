"""Submissions and leads."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.folding import folded
from leads.normalise import NAME_MAX, is_placeholder
from leads.reference import grouped

IDENTITY_MAX = 360
PHONE_HELP = "E.164; empty where the number could not be read."


def full_name(first: str, last: str) -> str:
    """Both parts, without a placeholder such as `-`, which people with one name write for the other."""
    return " ".join(part for part in (first, last) if not is_placeholder(part)) or f"{first} {last}"


class Status(models.TextChoices):
    """Where a lead stands; leads/triage/pipeline.py has the moves."""

    NEW = "new", "New"
    CONTACTED = "contacted", "Contacted"
    QUALIFIED = "qualified", "Qualified"
    PROPOSAL = "proposal", "Proposal"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    SPAM = "spam", "Spam"
    MERGED = "merged", "Merged into another"


OPEN = [Status.NEW, Status.CONTACTED, Status.QUALIFIED, Status.PROPOSAL]
IS_OPEN = models.Q(status__in=OPEN)


class Lead(models.Model):
    """
    The person sales works with.

    Name and contact details are those of the first submission; later ones are read on the submissions, so
    nothing is overwritten.
    """

    Status = Status

    first_name = models.CharField(max_length=NAME_MAX)
    last_name = models.CharField(max_length=NAME_MAX)
    email = models.CharField("e-mail", max_length=254)
    phone = models.CharField(max_length=20, blank=True, help_text=PHONE_HELP)
    phone_extension = models.CharField(max_length=20, blank=True)
    phone_as_typed = models.CharField(max_length=100, blank=True, db_default="")

    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    lost_reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was won, lost or found to be spam.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # two indexes below begin with it
        related_name="leads",
    )
    follow_up_on = models.DateField("follow-up", null=True, blank=True)
    wrote_again = models.BooleanField(
        default=False, help_text="A further enquiry has come in since staff last was in contact."
    )
    version = models.PositiveIntegerField(default=0, help_text="One more with each change that staff makes.")

    waiting_since = models.DateTimeField(null=True, help_text="Of the enquiry that nobody has answered yet.")
    due_at = models.DateTimeField("due", null=True, help_text="When it is to be answered: leads/clock.py.")
    reminded = models.BooleanField(default=False, help_text="The owner was reminded that it is due soon.")
    escalated = models.BooleanField(default=False, help_text="The managers were told that it is overdue.")
    response_minutes = models.PositiveIntegerField(
        null=True, help_text="Working minutes from the first enquiry to the first contact."
    )

    first_touch = models.CharField("source", max_length=200, blank=True, help_text="What brought the first enquiry.")
    last_touch = models.CharField(max_length=200, blank=True, help_text="What brought the latest enquiry.")
    first_page = models.CharField(max_length=500, blank=True, help_text="Where the first enquiry was written.")
    created_at = models.DateTimeField("first enquiry")
    last_submission_at = models.DateTimeField("latest enquiry")

    # By what another lead of the same person is suspected: leads/admission/matching.py.
    surname_at_domain = models.CharField(max_length=340, blank=True, editable=False)
    email_skeleton = models.CharField(max_length=260, blank=True, editable=False)

    class Meta:
        ordering = ["-last_submission_at", "-id"]
        permissions = [
            ("assign_lead", "Can give leads to others"),
            ("merge_lead", "Can merge leads"),
            ("export_lead", "Can export leads"),
            ("see_all_numbers", "Can see everybody's numbers"),
        ]
        indexes = [
            # Each with its reader: the lists of leads/triage/inbox.py,
            models.Index(fields=["-last_submission_at", "-id"], name="lead_latest"),
            models.Index(fields=["due_at", "-last_submission_at", "-id"], name="lead_open", condition=IS_OPEN),
            models.Index(fields=["owner", "due_at"], name="lead_open_owner", condition=IS_OPEN),
            models.Index(fields=["status", "-last_submission_at", "-id"], name="lead_status"),
            models.Index(fields=["owner", "-last_submission_at", "-id"], name="lead_owner"),
            models.Index(fields=["first_touch", "-last_submission_at", "-id"], name="lead_source"),
            models.Index(fields=["first_page", "-last_submission_at", "-id"], name="lead_page"),
            models.Index(fields=["status", "-closed_at"], name="lead_closed", condition=~models.Q(closed_at=None)),
            models.Index(fields=["follow_up_on"], name="lead_follow_up", condition=~models.Q(follow_up_on=None)),
            # leads/triage/reminders.py,
            models.Index(fields=["due_at"], name="lead_waiting", condition=~models.Q(due_at=None)),
            # leads/triage/dashboard.py,
            models.Index(
                fields=["created_at", "owner", "status", "first_touch", "first_page", "response_minutes"],
                name="lead_numbers",
            ),
            # and leads/admission/matching.py.
            models.Index(fields=["phone"], name="lead_phone"),
            models.Index(fields=["surname_at_domain"], name="lead_surname"),
            models.Index(fields=["email_skeleton"], name="lead_skeleton"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)


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
    def waiting(self) -> "SubmissionQuerySet":
        """What is stored and not admitted yet, oldest first."""
        return self.filter(waiting=True).order_by("id")

    def admitted(self) -> "SubmissionQuerySet":
        """What has a lead or was held back; the indexes for searching hold these alone."""
        return self.filter(waiting=False)

    def update(self, **changes: Any) -> int:
        """Change what admission decides, Submission.ADMISSION; anything else raises ImmutableError."""
        if set(changes) - {*Submission.ADMISSION, "lead_id"}:
            raise ImmutableError(f"A submission never changes: {', '.join(changes)}.")
        return super().update(**changes)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """As update()."""
        if set(fields) - set(Submission.ADMISSION):
            raise ImmutableError(f"A submission never changes: {', '.join(fields)}.")
        return super().bulk_update(objs, fields, batch_size)


class Submission(models.Model):
    """
    What a visitor sent with the Quick Contact form, after validation: stored once, immutable.

    leads/intake.py stores it; only what admission (leads/admission/) decides, ADMISSION, is set later.
    """

    CONTENT = ("first_name", "last_name", "phone", "phone_extension", "email", "space_requirements")
    ADMISSION = ("lead", "waiting", "search_text")

    key = models.CharField(
        max_length=64, editable=False, help_text="Challenge and content, hashed: one submission each."
    )
    reference = models.CharField(max_length=8, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="submissions", db_index=False)
    waiting = models.BooleanField(
        "waits for admission", default=True, db_default=False, editable=False, help_text="Nothing followed from it yet."
    )

    first_name = models.CharField(max_length=NAME_MAX)
    last_name = models.CharField(max_length=NAME_MAX)
    phone = models.CharField(max_length=20, blank=True, help_text=PHONE_HELP)
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
    is_canary = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Sent by this site to test itself."
    )
    received_at = models.DateTimeField(default=timezone.now)
    search_text = models.TextField(
        default="", db_default="", editable=False, help_text="All that can be searched; set by admission."
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        # Not unique=True, which makes a second index for LIKE.
        constraints = [models.UniqueConstraint(fields=["key"], name="submission_once")]
        indexes = [
            # A visitor's INSERT writes this one; admission writes the others, which hold admitted rows alone.
            models.Index(fields=["id"], name="submission_waiting", condition=models.Q(waiting=True)),
            models.Index(fields=["-received_at", "-id"], name="submission_admitted", condition=models.Q(waiting=False)),
            models.Index(fields=["reference"], name="submission_reference", condition=models.Q(waiting=False)),
            models.Index(
                fields=["client", "received_at"], name="submission_by_client", condition=models.Q(waiting=False)
            ),
            models.Index(
                fields=["lead", "-received_at", "-id"], name="submission_lead", condition=models.Q(lead__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{grouped(self.reference)} {self.full_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableError("A submission never changes.")
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)

    @property
    def source(self) -> str:
        """What brought the visitor, such as `google / cpc / spring`; an empty string if it is not known."""
        source: str = self.attribution.get("source", "")
        return source

    def make_search_text(self) -> str:
        """What leads/triage/search.py searches: name, e-mail address, phone and requirements, folded."""
        phones = f"{self.phone} {self.phone_as_typed} {re.sub(r'[^0-9]', '', self.phone_as_typed)}"
        return folded(f"{self.full_name} {self.email} {phones} {self.space_requirements}")


class Event(models.Model):
    """One line of a lead's timeline: what happened, when, by whom. Append-only."""

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
    key = models.UUIDField(null=True, unique=True, help_text="Of the form that staff sent, which counts once.")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}".strip()


class Merge(models.Model):
    """One lead taken into another, with all it needs to be undone: leads/triage/merge.py."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges", help_text="Which was taken in.")
    into = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="absorbed")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submissions = models.JSONField(help_text="Ids of those that moved.")
    identities = models.JSONField(help_text="Ids of those that moved.")
    lead_before = models.JSONField()
    into_before = models.JSONField()
    into_after = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=models.Q(undone_at=None), name="merge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead} into {self.into}"


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
