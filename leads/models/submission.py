"""What a visitor sent."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

from leads.models.lead import Lead
from leads.models.person import Person
from leads.reference import grouped
from leads.search_text import fold

IS_HELD = models.Q(quarantine__isnull=False, quarantine__released_at=None)


class ImmutableError(TypeError):
    """Raised on an attempt to change what a visitor sent."""


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def waiting(self) -> "SubmissionQuerySet":
        """Those that are stored and not admitted yet, oldest first."""
        return self.filter(waiting=True).order_by("id")

    def admitted(self) -> "SubmissionQuerySet":
        """Those that admission has processed: with a lead, or in quarantine. The partial indexes hold only these."""
        return self.filter(waiting=False)

    def held(self) -> "SubmissionQuerySet":
        """Those in quarantine."""
        return self.filter(IS_HELD)

    def not_held(self) -> "SubmissionQuerySet":
        return self.exclude(IS_HELD)

    def update(self, **changes: Any) -> int:
        """Change what admission decides, Submission.ADMISSION; anything else raises ImmutableError."""
        if set(changes) - {*Submission.ADMISSION, "lead_id"}:
            raise ImmutableError(f"A submission never changes: {', '.join(changes)}.")
        return super().update(**changes)

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: int | None = None) -> int:
        """As update()."""
        names = list(fields)
        if set(names) - set(Submission.ADMISSION):
            raise ImmutableError(f"A submission never changes: {', '.join(names)}.")
        return super().bulk_update(objs, names, batch_size)


class Submission(Person):
    """
    An enquiry as a visitor sent it with the Quick Contact form, after validation: stored once, immutable.

    leads/intake.py stores it. Admission (leads/admission/) sets the fields in ADMISSION; no others ever change.
    """

    CONTENT = (*Person.FIELDS, "space_requirements")
    ADMISSION = ("lead", "waiting", "search_text")

    key = models.CharField(max_length=64, editable=False, help_text="HMAC of challenge and content; unique.")
    reference = models.CharField(max_length=8, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="submissions", db_index=False)
    # A new row waits. The database's default is for a release that does not know the column and admits by itself.
    waiting = models.BooleanField(
        "waits for admission", default=True, db_default=False, editable=False, help_text="Stored, and not admitted yet."
    )

    space_requirements = models.TextField()
    page = models.CharField(max_length=500, blank=True, help_text="Path of the page that the form was on.")
    attribution = models.JSONField(
        default=dict, blank=True, help_text="utm_*, click ids, referrer, and source: leads/capture/attribution.py."
    )
    leave_blank = models.CharField(
        max_length=500, blank=True, help_text="Text in the honeypot field, hidden from people."
    )
    client = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        help_text="Keyed hash of the address: leads/capture/client.py.",
    )
    is_canary = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Sent by this site to test itself."
    )
    received_at = models.DateTimeField(default=timezone.now)
    search_text = models.TextField(
        default="", db_default="", editable=False, help_text="Folded text for the search; set by admission."
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        # Not unique=True, which makes a second index for LIKE.
        constraints = [models.UniqueConstraint(fields=["key"], name="submission_once")]
        indexes = [
            # A visitor's INSERT writes only the first one. The others hold admitted rows.
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
    def source(self) -> str:
        """What brought the visitor, such as `google / cpc / spring`; empty if it is not known."""
        source: str = self.attribution.get("source", "")
        return source

    def make_search_text(self) -> str:
        """The text that leads/triage/search.py searches: name, e-mail address, phone and requirements, folded."""
        phones = f"{self.phone} {self.phone_as_typed} {re.sub(r'[^0-9]', '', self.phone_as_typed)}"
        return fold(f"{self.full_name} {self.email} {phones} {self.space_requirements}")


class AdmissionFailure(models.Model):
    """A submission whose admission failed. It is retried at `next_attempt_at` and reported."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="admission_failure")
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=200, help_text="Class of the error, without personal data.")
    failed_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.submission}: {self.error}"
