"""What is held back from sales, and why."""

from django.conf import settings
from django.db import models

from company.single_row import SingleRow
from leads.models.enquiry import Submission


class Quarantine(models.Model):
    """
    A submission that screening, or somebody, holds back from sales; released it is like any other.

    leads/admission/screening.py says when, leads/triage/quarantine.py how it ends.
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


class ScreeningRules(SingleRow):
    """What makes screening hold an enquiry back; a single row. Nothing is refused by these, and nothing is lost."""

    accepted_per_hour = models.PositiveIntegerField(
        default=20,
        help_text="Enquiries of one network address in an hour; more are held. Offices and mobile carriers share one.",
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

    class Meta(SingleRow.Meta):
        verbose_name_plural = "screening rules"

    def __str__(self) -> str:
        return "Screening rules"


class AdmissionFailure(models.Model):
    """A submission that could not be admitted: set aside, tried again at `next_attempt_at`, and reported."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="admission_failure")
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=200, help_text="Kind of the error, without what was sent.")
    failed_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.submission}: {self.error}"
