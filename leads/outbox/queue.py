"""Cancelling deliveries, and queueing them again."""

from django.db.models import QuerySet
from django.utils import timezone

from leads.outbox.models import Delivery

State = Delivery.State


def cancel(deliveries: QuerySet[Delivery]) -> None:
    """Cancel those that have not been sent yet."""
    deliveries.filter(state=State.PENDING).update(state=State.CANCELLED)


def requeue(deliveries: QuerySet[Delivery]) -> int:
    """Send these as if they were new. Returns their number."""
    now = timezone.now()
    return deliveries.update(
        state=State.PENDING,
        attempts=0,
        queued_at=now,
        first_attempt_at=None,
        next_attempt_at=now,
        last_error="",
        response="",
    )
