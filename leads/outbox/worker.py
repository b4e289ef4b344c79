"""The delivery worker. One step claims a delivery, tries it, and records the result."""

import logging
import random
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from leads.outbox.channels import CHANNELS
from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery
from leads.outbox.retry import delay, is_expired

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than an attempt with all its time-outs
CANDIDATES = 20
ERROR_MAX = 500

State = Delivery.State


def step() -> bool:
    """Try one delivery that is due; False if there is none. Any exception is a failure of this delivery alone."""
    delivery = claim(timezone.now())
    if delivery is None:
        return False
    try:
        response = CHANNELS[delivery.channel](delivery)
    except PermanentError as error:
        record_failure(delivery, error, give_up=True)
    except Exception as error:
        record_failure(delivery, error, give_up=is_expired(delivery, timezone.now()))
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=State.SENT, sent_at=timezone.now(), last_error="", response=storable(response)
        )
    return True


def claim(now: datetime) -> Delivery | None:
    """
    Lease a delivery that is due. A compare-and-set gives it to one of several workers.

    The candidates are shuffled, so that workers rarely try the same one.
    """
    due = Delivery.objects.filter(state=State.PENDING, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    candidates = list(due.select_related("endpoint")[:CANDIDATES])
    random.shuffle(candidates)
    for delivery in candidates:
        unclaimed = due.filter(pk=delivery.pk, next_attempt_at=delivery.next_attempt_at).order_by()
        first_attempt_at = Coalesce("first_attempt_at", now)
        if unclaimed.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1, first_attempt_at=first_attempt_at):
            delivery.next_attempt_at = now + LEASE
            delivery.first_attempt_at = delivery.first_attempt_at or now
            delivery.attempts += 1
            return delivery
    return None


def record_failure(delivery: Delivery, error: Exception, *, give_up: bool) -> None:
    """Record the error, unless the lease expired and another worker has the delivery."""
    logger.warning(
        "Delivery %s (%s) failed, attempt %s: %s",
        delivery.pk,
        delivery.purpose,
        delivery.attempts,
        type(error).__name__,
    )
    leased = Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at)
    leased.update(
        state=State.DEAD if give_up else State.PENDING,
        next_attempt_at=timezone.now() + delay(delivery.attempts),
        last_error=storable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:ERROR_MAX],
        response=storable(getattr(error, "response", "")),
    )


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL cannot store."""
    return text.replace("\0", "").encode(errors="replace").decode()
