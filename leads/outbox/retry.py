"""When a delivery that failed is tried again, and when it is given up."""

import random
from datetime import datetime, timedelta

from leads.outbox.models import Delivery

FIRST_DELAY = timedelta(seconds=10)
DELAY_MAX = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)  # since the first attempt


def delay(attempts: int) -> timedelta:
    """The wait after this number of attempts: exponential back-off with jitter of half the time."""
    backoff: timedelta = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(backoff, DELAY_MAX) * random.uniform(0.5, 1.5)  # noqa: S311 - not for security


def is_expired(delivery: Delivery, now: datetime) -> bool:
    """Whether GIVE_UP_AFTER has passed since the first attempt; time without a worker before it does not count."""
    return now - (delivery.first_attempt_at or now) > GIVE_UP_AFTER
