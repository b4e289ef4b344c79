"""Small steps, each safe to lose: claim one delivery, try it, write down how it went."""

import logging
import os
import random
import socket
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.db.models import F
from django.utils import timezone

from leads.outbox import mail, webhook
from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery, Heartbeat

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than an attempt with all its time-outs
FIRST_DELAY = timedelta(seconds=10)
DELAY_MAX = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
CANDIDATES = 20
HEARTBEAT_EVERY = timedelta(seconds=20)
HEARTBEAT_KEPT = timedelta(days=1)

Kind, State = Delivery.Kind, Delivery.State


def step() -> bool:
    """Try one delivery that is due; False if there was none."""
    delivery = claim(timezone.now())
    if delivery is None:
        return False
    try:
        response = webhook.send(delivery) if delivery.kind == Kind.WEBHOOK else mail.send(delivery)
    except PermanentError as error:
        failed(delivery, error, give_up=True)
    except (OSError, SMTPException, ValueError) as error:
        failed(delivery, error, give_up=timezone.now() - delivery.queued_at > GIVE_UP_AFTER)
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=State.SENT, sent_at=timezone.now(), last_error="", response=response
        )
    return True


def claim(now: datetime) -> Delivery | None:
    """
    Lease a delivery that is due, by compare-and-set: of several workers one gets it.

    Workers begin at different candidates, so that they seldom meet.
    """
    due = Delivery.objects.filter(state=State.PENDING, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    candidates = list(due.select_related("submission__lead", "endpoint")[:CANDIDATES])
    random.shuffle(candidates)
    for delivery in candidates:
        seen = Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at)
        if seen.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
            delivery.next_attempt_at = now + LEASE
            delivery.attempts += 1
            return delivery
    return None


def failed(delivery: Delivery, error: Exception, *, give_up: bool) -> None:
    """Write down why, unless the lease ran out and the delivery is another worker's."""
    logger.warning("%s failed, attempt %s: %s", delivery, delivery.attempts, error)
    ours = Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at)
    ours.update(
        state=State.DEAD if give_up else State.PENDING,
        next_attempt_at=timezone.now() + delay(delivery.attempts),
        last_error=(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)[:500],
        response=getattr(error, "response", ""),
    )


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, give or take a half."""
    doubled = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(doubled, DELAY_MAX) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing


def beat(last: datetime | None = None) -> datetime:
    """Say that this worker lives, unless it did so lately; when it last did."""
    now = timezone.now()
    if last is not None and now - last < HEARTBEAT_EVERY:
        return last
    name = f"{socket.gethostname()}:{os.getpid()}"
    Heartbeat.objects.update_or_create(worker=name, defaults={"at": now})
    Heartbeat.objects.filter(at__lt=now - HEARTBEAT_KEPT).delete()
    return now
