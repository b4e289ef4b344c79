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
    """Queue what an admitted enquiry sets in motion. Repeatable: each message is queued once."""
    Delivery.objects.bulk_create(messages(submission), ignore_conflicts=True)


def announce_again(submission: Submission) -> None:
    """After a release: what was cancelled, and what was never queued."""
    requeue(submission.deliveries.filter(state=State.CANCELLED))
    announce(submission)


def messages(submission: Submission) -> Iterator[Delivery]:
    outbox = OutboxSettings.load()
    if is_canary(submission):
        yield Delivery(submission=submission, kind=Kind.ACKNOWLEDGEMENT, recipient=settings.DEFAULT_FROM_EMAIL)
        return
    for address in owner_address(submission) or alert_addresses(outbox):
        yield Delivery(submission=submission, kind=Kind.ALERT, recipient=address)
    if outbox.acknowledge:
        yield Delivery(submission=submission, kind=Kind.ACKNOWLEDGEMENT, recipient=submission.email)
    for endpoint in Endpoint.objects.filter(is_active=True):
        yield Delivery(submission=submission, kind=Kind.WEBHOOK, recipient=endpoint.url, endpoint=endpoint)


def owner_address(submission: Submission) -> list[str]:
    owner = submission.lead.owner if submission.lead else None
    return [owner.email] if owner and owner.is_active and owner.email else []


def alert_addresses(outbox: OutboxSettings | None = None) -> list[str]:
    """Somebody always hears of it: who is set, or Sales, or the company, or whoever reads the sender's mailbox."""
    outbox = outbox or OutboxSettings.load()
    if outbox.alert_to.strip():
        return lines(outbox.alert_to)
    sales = User.objects.filter(is_active=True, groups__name="Sales").exclude(email="")
    if addresses := list(sales.values_list("email", flat=True).distinct()):
        return addresses
    company = Company.objects.first()
    return [company.email if company and company.email else settings.DEFAULT_FROM_EMAIL]


def tell(address: str, subject: str, body: str) -> None:
    """Queue a mail to staff that no single enquiry is the cause of."""
    Delivery.objects.create(kind=Kind.ALARM, recipient=address, subject=subject, body=body)


def cancel(submission: Submission) -> None:
    """What has not been sent yet is not to be."""
    submission.deliveries.filter(state=State.PENDING).update(state=State.CANCELLED)


def requeue(deliveries: QuerySet[Delivery]) -> int:
    """Begin anew with these, and say how many there were."""
    now = timezone.now()
    return deliveries.update(
        state=State.PENDING, attempts=0, queued_at=now, next_attempt_at=now, last_error="", response=""
    )
