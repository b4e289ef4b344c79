"""What an enquiry sets in motion, as rows in the caller's transaction: nothing is sent here."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from company.models import Company
from leads.models import Submission
from leads.outbox.canary import is_canary
from leads.outbox.models import Delivery, Endpoint, OutboxSettings, lines

Kind, State = Delivery.Kind, Delivery.State


def announce(submission: Submission) -> None:
    """Queue what an admitted enquiry sets in motion. Repeatable: a message is queued once, a cancelled one again."""
    for kind, recipient, endpoint in messages(submission):
        delivery, is_new = Delivery.objects.get_or_create(
            submission=submission, kind=kind, recipient=recipient, defaults={"endpoint": endpoint}
        )
        if not is_new:
            requeue(Delivery.objects.filter(pk=delivery.pk, state=State.CANCELLED))


def messages(submission: Submission) -> Iterator[tuple[Delivery.Kind, str, Endpoint | None]]:
    if is_canary(submission):
        yield Kind.ACKNOWLEDGEMENT, settings.DEFAULT_FROM_EMAIL, None
        return
    for address in alert_addresses():
        yield Kind.ALERT, address, None
    outbox = OutboxSettings.objects.first() or OutboxSettings()
    if outbox.acknowledge:
        yield Kind.ACKNOWLEDGEMENT, submission.email, None
    for endpoint in Endpoint.objects.filter(is_active=True):
        yield Kind.WEBHOOK, endpoint.url, endpoint


def alert_addresses() -> list[str]:
    """Somebody always hears of it: who is set, or Sales, or the company, or whoever reads the sender's mailbox."""
    outbox = OutboxSettings.objects.first() or OutboxSettings()
    if outbox.alert_to.strip():
        return lines(outbox.alert_to)
    sales = User.objects.filter(is_active=True, groups__name="Sales").exclude(email="")
    company = Company.objects.first()
    return list(sales.values_list("email", flat=True).distinct()) or [
        company.email if company and company.email else settings.DEFAULT_FROM_EMAIL
    ]


def cancel(submission: Submission) -> None:
    """What has not been sent yet is not to be."""
    submission.deliveries.filter(state=State.PENDING).update(state=State.CANCELLED)


def requeue(deliveries: QuerySet[Delivery]) -> int:
    """Begin anew with these, and say how many there were."""
    now = timezone.now()
    return deliveries.update(
        state=State.PENDING, attempts=0, queued_at=now, next_attempt_at=now, last_error="", response=""
    )
