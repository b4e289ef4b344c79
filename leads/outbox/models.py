"""Messages that must arrive, as rows: written with the lead in one transaction, sent by `manage.py deliver`."""

import uuid
from base64 import b64encode
from secrets import token_bytes

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.utils import timezone

from company.single_row import SingleRow
from leads.models import Submission


def validate_addresses(text: str) -> None:
    for address in lines(text):
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(f"“{address}” is no e-mail address.", code="invalid") from None


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def make_secret() -> str:
    """A signing secret (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme")."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


class OutboxSettings(SingleRow):
    """Who hears of a new enquiry; a single row."""

    alert_to = models.TextField(
        "alerts go to",
        blank=True,
        validators=[validate_addresses],
        help_text="E-mail addresses that hear of each enquiry, a line each. "
        "If there is none: every member of Sales who has an e-mail address.",
    )
    acknowledge = models.BooleanField(
        "acknowledge enquiries", default=True, help_text="Send the prospect what was sent, the reference, what is next."
    )

    class Meta(SingleRow.Meta):
        verbose_name_plural = "outbox settings"

    def __str__(self) -> str:
        return "Outbox settings"


class Endpoint(models.Model):
    """Another system that hears of each enquiry: a POST of JSON, signed as Standard Webhooks has it."""

    url = models.URLField(
        "URL", max_length=500, validators=[URLValidator(["https", "http"])], help_text="Redirects are not followed."
    )
    secret = models.CharField(max_length=100, default=make_secret, help_text="The receiver checks signatures with it.")
    is_active = models.BooleanField("active", default=True)
    switched_off = models.CharField(max_length=200, blank=True, editable=False, help_text="Why it is not active.")

    class Meta:
        verbose_name = "webhook endpoint"

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """
    One message to one receiver. At least once: `key` is the same in every attempt, so that a receiver can tell.

    While an attempt runs, `next_attempt_at` lies ahead: a lease. If the worker dies the lease runs out.
    """

    class Kind(models.TextChoices):
        ALERT = "alert", "Alert to staff"
        ACKNOWLEDGEMENT = "acknowledgement", "Acknowledgement"
        WEBHOOK = "webhook", "Webhook"
        REPLY = "reply", "Reply"
        ALARM = "alarm", "Notice to staff"

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"
        CANCELLED = "cancelled", "Cancelled"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="deliveries")
    reply_to = models.EmailField(blank=True, help_text="Who wrote the reply.")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    recipient = models.CharField(max_length=500, help_text="E-mail address or URL.")
    subject = models.CharField(max_length=200, blank=True, help_text="Where it is not drawn from the submission.")
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    response = models.TextField(blank=True, help_text="The first 2 KiB of what a webhook's receiver answered.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-queued_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "kind", "recipient"], name="delivery_once", condition=~models.Q(kind="reply")
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_pending", condition=models.Q(state="pending")),
            models.Index(fields=["-queued_at", "-id"], name="delivery_latest"),
            models.Index(fields=["state"], name="delivery_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.recipient}"


class Alarm(models.Model):
    """What staff were told of, and when, so that they are told once."""

    name = models.CharField(max_length=50, unique=True)
    raised_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a delivery worker last said that it lives."""

    worker = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.worker
