"""Dead letters: a message to staff that was given up is reported to other addresses. The admin shows it as well."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from company.models import Company
from leads.notifications import alert_addresses, notify
from leads.outbox.models import Delivery
from leads.staff import MANAGERS, SALES, addresses

REPORTED_WITHIN = timedelta(days=4)  # of the last attempt
REPORTED_PER_CHECK = 100
ABOUT = "delivery:"


def check(now: datetime) -> int:
    """Queue a notice about each dead letter, once, except about such a notice: no loops. Returns their number."""
    dead = Delivery.objects.filter(
        state=Delivery.State.DEAD,
        purpose__in=[Delivery.Purpose.ALERT, Delivery.Purpose.NOTICE],
        next_attempt_at__gt=now - REPORTED_WITHIN,
    ).exclude(about__startswith=ABOUT)
    count = 0
    for delivery in dead[:REPORTED_PER_CHECK]:
        report(delivery)
        count += 1
    return count


def report(delivery: Delivery) -> None:
    """Queue the notice, with the message in it, to addresses at which this message did not fail."""
    failing = set(
        Delivery.objects.filter(state=Delivery.State.DEAD, about=delivery.about, purpose=delivery.purpose).values_list(
            "recipient", flat=True
        )
    ) | {delivery.recipient}
    url = settings.SITE_URL + reverse("admin:outbox_delivery_change", args=[delivery.pk])
    body = (
        f"This message could not be delivered to {delivery.recipient}:\n{delivery.last_error}\n\n"
        f"{delivery.subject}\n\n{delivery.body}\n\nThe message in the admin, with a retry: {url}\n"
    )
    for address in other_addresses(failing):
        notify(address, f"Not delivered: {delivery.subject}", body, about=f"{ABOUT}{delivery.pk}")


def other_addresses(failing: set[str]) -> list[str]:
    """The addresses of the first group that has others: alerts, Sales, managers, the company, superusers."""
    company = Company.load()
    superusers = User.objects.filter(is_active=True, is_superuser=True).exclude(email="")
    groups = [
        alert_addresses(),
        addresses(SALES),
        addresses(MANAGERS),
        [company.email] if company.email else [],
        list(superusers.values_list("email", flat=True)),
    ]
    for group in groups:
        if others := [address for address in group if address not in failing]:
            return others
    return []
