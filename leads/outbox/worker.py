"""Small steps, each safe to lose: claim one delivery, try it, record the result."""

import logging
import random
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from leads.outbox.channels import CHANNELS
from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than an attempt with all its time-outs
FIRST_DELAY = timedelta(seconds=10)
DELAY_MAX = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)  # since the first attempt
CANDIDATES = 20
ERROR_MAX = 500

State = Delivery.State


def step() -> bool:
    """Try one delivery that is due; False if there was none. Whatever fails is that delivery's failure alone."""
    delivery = claim(timezone.now())
    if delivery is None:
        return False
    try:
        response = CHANNELS[delivery.channel](delivery)
    except PermanentError as error:
        failed(delivery, error, give_up=True)
    except Exception as error:
        failed(delivery, error, give_up=is_over(delivery, timezone.now()))
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=State.SENT, sent_at=timezone.now(), last_error="", response=printable(response)
        )
    return True


def claim(now: datetime) -> Delivery | None:
    """
    Lease a delivery that is due, by compare-and-set: of several workers one gets it.

    Workers begin at different candidates, so that they seldom meet.
    """
    due = Delivery.objects.filter(state=State.PENDING, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    candidates = list(due.select_related("endpoint")[:CANDIDATES])
    random.shuffle(candidates)
    for delivery in candidates:
        seen = Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at)
        first = Coalesce("first_attempt_at", now)
        if seen.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1, first_attempt_at=first):
            delivery.next_attempt_at = now + LEASE
            delivery.first_attempt_at = delivery.first_attempt_at or now
            delivery.attempts += 1
            return delivery
    return None


def is_over(delivery: Delivery, now: datetime) -> bool:
    """Whether it was tried for long enough; time without a worker does not count."""
    return now - (delivery.first_attempt_at or now) > GIVE_UP_AFTER


def failed(delivery: Delivery, error: Exception, *, give_up: bool) -> None:
    """Record why, unless the lease ran out and the delivery is another worker's."""
    logger.warning(
        "Delivery %s (%s) failed, attempt %s: %s",
        delivery.pk,
        delivery.purpose,
        delivery.attempts,
        type(error).__name__,
    )
    ours = Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at)
    ours.update(
        state=State.DEAD if give_up else State.PENDING,
        next_attempt_at=timezone.now() + delay(delivery.attempts),
        last_error=printable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:ERROR_MAX],
        response=printable(getattr(error, "response", "")),
    )


def printable(text: str) -> str:
    """What every database can store: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, plus or minus a half."""
    doubled = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(doubled, DELAY_MAX) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
