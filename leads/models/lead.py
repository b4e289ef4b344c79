"""The person sales works with."""

from datetime import date, datetime

from django.conf import settings
from django.db import models

from leads.models.person import Person
from leads.models.status import OPEN, Status

IDENTITY_MAX = 360
IS_OPEN = models.Q(status__in=OPEN)
IS_MERGED = models.Q(status=Status.MERGED)


def is_overdue(now: datetime) -> models.Q:
    """The answer was due before `now`. Only open leads have a due time."""
    return models.Q(due_at__lt=now)


def is_follow_up_due(today: date) -> models.Q:
    return models.Q(follow_up_on__lte=today)


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self) -> "LeadQuerySet":
        """Those that sales works on."""
        return self.filter(IS_OPEN)

    def overdue(self, now: datetime) -> "LeadQuerySet":
        return self.filter(is_overdue(now))

    def follow_up_due(self, today: date) -> "LeadQuerySet":
        return self.filter(is_follow_up_due(today))

    def not_merged(self) -> "LeadQuerySet":
        """Without those that are part of another lead."""
        return self.exclude(IS_MERGED)


class Lead(Person):
    """
    The person sales works with.

    Name and contact details are those of the first submission. Later ones do not overwrite them: the submissions have
    them.
    """

    Status = Status

    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    lost_reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was won, lost or marked as spam.")
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
        default=False, help_text="A further enquiry has come in since the last contact by staff."
    )
    version = models.PositiveIntegerField(default=0, help_text="Counts the changes that no stale page may overwrite.")

    waiting_since = models.DateTimeField(null=True, help_text="When the oldest unanswered enquiry came in.")
    due_at = models.DateTimeField("due", null=True, help_text="When it has to be answered: leads/clock.py.")
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

    # For suggestions of duplicates: leads/admission/matching.py.
    surname_at_domain = models.CharField(max_length=340, blank=True, editable=False)
    email_skeleton = models.CharField(max_length=260, blank=True, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-last_submission_at", "-id"]
        permissions = [
            ("assign_lead", "Can give leads to others"),
            ("merge_lead", "Can merge leads"),
            ("export_lead", "Can export leads"),
            ("see_all_numbers", "Can see everybody's numbers"),
        ]
        indexes = [
            # The indexes and their readers. The lists of leads/triage/inbox.py:
            models.Index(fields=["-last_submission_at", "-id"], name="lead_latest"),
            models.Index(fields=["due_at", "-last_submission_at", "-id"], name="lead_open", condition=IS_OPEN),
            models.Index(fields=["owner", "due_at"], name="lead_open_owner", condition=IS_OPEN),
            models.Index(fields=["status", "-last_submission_at", "-id"], name="lead_status"),
            models.Index(fields=["owner", "-last_submission_at", "-id"], name="lead_owner"),
            models.Index(fields=["first_touch", "-last_submission_at", "-id"], name="lead_source"),
            models.Index(fields=["first_page", "-last_submission_at", "-id"], name="lead_page"),
            models.Index(fields=["status", "-closed_at"], name="lead_closed", condition=~models.Q(closed_at=None)),
            models.Index(fields=["follow_up_on"], name="lead_follow_up", condition=~models.Q(follow_up_on=None)),
            # leads/reminders.py:
            models.Index(fields=["due_at"], name="lead_waiting", condition=~models.Q(due_at=None)),
            # leads/triage/dashboard.py:
            models.Index(
                fields=["created_at", "owner", "status", "first_touch", "first_page", "response_minutes"],
                name="lead_numbers",
            ),
            # leads/admission/matching.py:
            models.Index(fields=["phone"], name="lead_phone"),
            models.Index(fields=["surname_at_domain"], name="lead_surname"),
            models.Index(fields=["email_skeleton"], name="lead_skeleton"),
        ]

    def __str__(self) -> str:
        return self.full_name


class Identity(models.Model):
    """
    The key by which a returning person is recognised, such as `email:ana@example.com`.

    It is unique in the database, so that two simultaneous enquiries of one person join the same lead.
    """

    key = models.CharField(max_length=IDENTITY_MAX, unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="identities")

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return self.key
