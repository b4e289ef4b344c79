"""
The outbox: messages are rows, written in the transaction of the change that they report, and sent by `manage.py
deliver`.

The outbox does not import leads: the caller names the subject matter of a message as text (`Delivery.about`).
"""

import uuid
from base64 import b64encode
from secrets import token_bytes
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.utils import timezone

from company.single_row import SingleRow, split_lines


def make_secret() -> str:
    """A signing secret (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme")."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


class OutboxSettings(SingleRow):
    """Recipients of alerts, and limits on acknowledgements; a single row."""

    alert_to = models.TextField(
        "alerts go to",
        blank=True,
        help_text="E-mail addresses, one on each line, that get the alert for an enquiry whose lead has no owner. "
        "If there is none: the members of Sales, or else of Sales managers, or else the company.",
    )
    acknowledge = models.BooleanField(
        "acknowledge enquiries",
        default=True,
        help_text="Mail prospects their text and the reference.",
    )
    acknowledged_per_day = models.PositiveIntegerField(
        "acknowledgements per address",
        default=1,
        db_default=1,
        help_text="The maximum per day to one e-mail address; a stranger cannot fill a mailbox.",
    )
    acknowledged_per_hour = models.PositiveIntegerField(
        "acknowledgements per hour", default=200, db_default=200, help_text="The maximum in total."
    )

    class Meta(SingleRow.Meta):
        verbose_name_plural = "outbox settings"

    def __str__(self) -> str:
        return "Outbox settings"

    def clean(self) -> None:
        for address in split_lines(self.alert_to):
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError({"alert_to": f"“{address}” is no e-mail address."}) from None


class Endpoint(models.Model):
    """Another system that gets an event for each enquiry: a POST of JSON with a Standard Webhooks signature."""

    url = models.URLField(
        "URL", max_length=500, validators=[URLValidator(["https", "http"])], help_text="Redirects are not followed."
    )
    secret = models.CharField(
        max_length=100, blank=True, help_text="The receiver checks signatures with it. Empty: one is made."
    )
    is_active = models.BooleanField("active", default=True)
    switched_off = models.CharField(max_length=200, blank=True, editable=False, help_text="Why it is not active.")

    class Meta:
        verbose_name = "webhook endpoint"

    def __str__(self) -> str:
        return self.url

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.secret = self.secret or make_secret()
        super().save(*args, **kwargs)


class Delivery(models.Model):
    """
    A complete message to one receiver; a webhook also needs the URL and the secret of its endpoint. It is delivered at
    least once; `key` is the same in every attempt, so that a receiver recognises a repetition.

    While an attempt runs, `next_attempt_at` is the end of its lease. If the worker dies, the lease expires.
    """

    class Purpose(models.TextChoices):
        ALERT = "alert", "Alert to staff"
        ACKNOWLEDGEMENT = "acknowledgement", "Acknowledgement"
        REPLY = "reply", "Reply"
        NOTICE = "notice", "Notice to staff"
        EVENT = "event", "Event for another system"

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"
        CANCELLED = "cancelled", "Cancelled"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=20, default="email", help_text="One of leads/outbox/channels/.")
    about = models.CharField(max_length=64, blank=True, help_text="The subject matter, such as submission:17.")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    recipient = models.CharField(max_length=500, help_text="E-mail address or URL.")
    reply_to = models.CharField(max_length=254, blank=True, help_text="E-mail address for answers.")
    subject = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True, help_text="Plain text of a mail; JSON of a webhook.")
    html = models.TextField(blank=True, help_text="The same mail as HTML, if there is one.")
    headers = models.JSONField(default=dict, blank=True, help_text="Further headers of a mail.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    first_attempt_at = models.DateTimeField(null=True, help_text="It is given up three days after this.")
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    response = models.TextField(blank=True, help_text="The first 2 KiB of the answer to a webhook.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-queued_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "purpose", "recipient"],
                name="delivery_once",
                condition=~models.Q(about="") & ~models.Q(purpose="reply"),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_pending", condition=models.Q(state="pending")),
            models.Index(fields=["-queued_at", "-id"], name="delivery_latest"),
            models.Index(fields=["state"], name="delivery_dead", condition=models.Q(state="dead")),
            models.Index(fields=["about"], name="delivery_about", condition=~models.Q(about="")),
            # The limits on acknowledgements (leads/notifications.py).
            models.Index(
                fields=["queued_at", "recipient"],
                name="delivery_acknowledged",
                condition=models.Q(purpose="acknowledgement"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} to {self.recipient}"


class StaffNotice(models.Model):
    """A notice that staff got, and when, so that they get it once. The table has the name of a former release."""

    name = models.CharField(max_length=50, unique=True)
    raised_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_alarm"

    def __str__(self) -> str:
        return self.name
