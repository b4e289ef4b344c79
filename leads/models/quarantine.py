"""What is held back from sales, and why."""

from django.conf import settings
from django.db import models

from company.single_row import SingleRow
from leads.models.submission import Submission

IS_WAITING = models.Q(released_at=None)


class QuarantineQuerySet(models.QuerySet["Quarantine"]):
    def waiting(self) -> "QuarantineQuerySet":
        """Those that are held now."""
        return self.filter(IS_WAITING)


class Quarantine(models.Model):
    """
    A submission that screening or staff hold back from sales, until staff release it.

    leads/admission/screening.py decides what is held, leads/actions/quarantine.py has the actions of staff.
    """

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="quarantine")
    reasons = models.JSONField(help_text="Sentences.")
    since = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = QuarantineQuerySet.as_manager()

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

    @property
    def is_waiting(self) -> bool:
        return self.released_at is None


class ScreeningRules(SingleRow):
    """When screening holds an enquiry; a single row. A held enquiry is stored and answered like any other."""

    accepted_per_hour = models.PositiveIntegerField(
        default=20,
        help_text="Enquiries from one network address in an hour; more are held. Offices share one address.",
    )
    links_max = models.PositiveIntegerField("links", default=2, help_text="A text with more web addresses is held.")
    disposable_domains = models.BooleanField(
        "throw-away addresses", default=True, help_text="Hold enquiries with a throw-away e-mail address."
    )
    words = models.TextField(
        "disallowed words", blank=True, help_text="Words or phrases in names and requirements, one on each line."
    )
    email_domains = models.TextField(
        "disallowed e-mail domains", blank=True, help_text="One on each line; their subdomains are held too."
    )

    class Meta(SingleRow.Meta):
        verbose_name_plural = "screening rules"

    def __str__(self) -> str:
        return "Screening rules"
