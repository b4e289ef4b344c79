"""
The messages about an enquiry: alerts to staff, acknowledgements to the prospect, events to other systems (webhooks).

They are queued in the outbox, in the caller's transaction. The texts of the mails are in templates/leads/email/.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.template.loader import render_to_string

from company.models import Company
from company.rendering import details
from company.single_row import split_lines
from leads.admin_urls import lead_url
from leads.models import Lead, Submission
from leads.outbox.channels.email import can_be_header, message_id
from leads.outbox.models import Delivery, Endpoint, OutboxSettings
from leads.outbox.queue import cancel, requeue
from leads.reference import grouped
from leads.staff import MANAGERS, SALES, addresses

Purpose, State = Delivery.Purpose, Delivery.State
AUTOMATIC = {"Auto-Submitted": "auto-generated"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Mail programs show this as a link: text with a scheme, or a domain name.
LINK = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}://\S+|[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24}(?:[/?#:]\S*)?", re.IGNORECASE
)


def announce(accepted: Sequence[tuple[Submission, bool]], now: datetime) -> None:
    """
    Queue the messages about submissions that are not held. Each comes with whether it is the first of its lead.

    Idempotent: a unique constraint admits each message once.
    """
    if accepted:
        Delivery.objects.bulk_create(Announcement(accepted, now).messages(), ignore_conflicts=True)


def announce_again(submission: Submission, now: datetime) -> None:
    """After a release: queue the messages that were cancelled, and those that never were queued."""
    requeue(deliveries_about([submission]).filter(state=State.CANCELLED))
    announce([(submission, is_first(submission))], now)


def withdraw(submission: Submission) -> None:
    """Cancel the messages about it that have not been sent yet."""
    cancel(deliveries_about([submission]))


def about_submission(submission_id: int) -> str:
    """The value of Delivery.about for the messages about a submission."""
    return f"submission:{submission_id}"


def deliveries_about(submissions: Iterable[Submission]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(about__in=[about_submission(submission.pk) for submission in submissions])


def is_first(submission: Submission) -> bool:
    """Whether it is the first submission of its lead."""
    return not Submission.objects.filter(lead=submission.lead_id, pk__lt=submission.pk).exists()


class Announcement:
    """The messages about a batch of submissions; settings and addresses are read once for all."""

    def __init__(self, accepted: Sequence[tuple[Submission, bool]], now: datetime) -> None:
        self.accepted, self.now = accepted, now
        self.settings = OutboxSettings.load()
        self.endpoints = list(Endpoint.objects.filter(is_active=True))
        self.alert_to = alert_addresses(self.settings)
        self.details = details()
        acknowledged = Delivery.objects.filter(purpose=Purpose.ACKNOWLEDGEMENT)
        self.sent_last_hour = acknowledged.filter(queued_at__gt=now - HOUR).count()
        recipients = {submission.email.casefold() for submission, _ in accepted}
        today = acknowledged.filter(queued_at__gt=now - DAY).annotate(address=Lower("recipient"))
        self.sent_last_day = Counter(today.filter(address__in=recipients).values_list("address", flat=True))

    def messages(self) -> Iterator[Delivery]:
        for submission, is_new in self.accepted:
            if submission.is_canary:
                yield self.acknowledgement(submission, settings.DEFAULT_FROM_EMAIL)
                continue
            for address in owner_addresses(submission) or self.alert_to:
                yield self.alert(submission, address)
            if self.take_acknowledgement(submission.email):
                yield self.acknowledgement(submission, submission.email)
            for endpoint in self.endpoints:
                yield self.event(submission, endpoint, is_new=is_new)

    def take_acknowledgement(self, recipient: str) -> bool:
        """Count one more acknowledgement; False if a limit is reached. A stranger can enter any address in the form."""
        if not self.settings.acknowledge:
            return False
        if self.sent_last_hour >= self.settings.acknowledged_per_hour:
            return False
        if self.sent_last_day[recipient.casefold()] >= self.settings.acknowledged_per_day:
            return False
        self.sent_last_hour += 1
        self.sent_last_day[recipient.casefold()] += 1
        return True

    def alert(self, submission: Submission, address: str) -> Delivery:
        context = {
            "submission": submission,
            "reference": grouped(submission.reference),
            "lead_url": lead_url(submission.lead_id),
            "can_answer": can_be_header(submission.email),
        }
        return self.mail(submission, Purpose.ALERT, address, context, reply_to=submission.email)

    def acknowledgement(self, submission: Submission, address: str) -> Delivery:
        """Without clickable links from the enquiry: a stranger can have this mail sent to any address."""
        context = {
            **self.details,
            "name": without_links(submission.full_name),
            "phone": without_links(submission.phone_as_typed),
            "requirements": without_links(submission.space_requirements),
            "email": submission.email,
            "reference": grouped(submission.reference),
        }
        html = render_to_string("leads/email/acknowledgement.html", context)
        return self.mail(submission, Purpose.ACKNOWLEDGEMENT, address, context, html=html)

    def mail(
        self, submission: Submission, purpose: Delivery.Purpose, address: str, context: dict[str, Any], **fields: str
    ) -> Delivery:
        return Delivery(
            purpose=purpose,
            about=about_submission(submission.pk),
            recipient=address,
            subject=" ".join(render_to_string(f"leads/email/{purpose}_subject.txt", context).split()),
            body=render_to_string(f"leads/email/{purpose}.txt", context),
            headers=AUTOMATIC,
            queued_at=self.now,
            next_attempt_at=self.now,
            **fields,
        )

    def event(self, submission: Submission, endpoint: Endpoint, *, is_new: bool) -> Delivery:
        data = payload(submission, is_new=is_new)
        return Delivery(
            purpose=Purpose.EVENT,
            channel="webhook",
            about=about_submission(submission.pk),
            recipient=endpoint.url,
            endpoint=endpoint,
            subject=f"{data['type']} {data['data']['reference']}",
            body=json.dumps(data, ensure_ascii=False),
            queued_at=self.now,
            next_attempt_at=self.now,
        )


def payload(submission: Submission, *, is_new: bool) -> dict[str, Any]:
    """The body of a webhook in the form of Standard Webhooks: type, timestamp, data."""
    names = [*Submission.CONTENT, "page", "attribution"]
    return {
        "type": "lead.created" if is_new else "lead.wrote_again",
        "timestamp": submission.received_at.isoformat(),
        "data": {
            "lead": submission.lead_id,
            "reference": grouped(submission.reference),
            **{name: getattr(submission, name) for name in names},
        },
    }


def without_links(text: str) -> str:
    """`Visit https://evil.example/x now` → `Visit evil[.]example/x now`: readable, but not clickable."""
    return LINK.sub(lambda link: link[0].rpartition("://")[2].replace(".", "[.]"), text)


def owner_addresses(submission: Submission) -> list[str]:
    """The address of an active owner; empty if there is none."""
    owner = submission.lead.owner if submission.lead else None
    return [owner.email] if owner and owner.is_active and owner.email else []


def alert_addresses(outbox: OutboxSettings | None = None) -> list[str]:
    """
    The recipients of alerts: the first of these that has an address: the settings, Sales, its managers, the company.

    Empty if none has; the admin's front page warns of that.
    """
    outbox = outbox or OutboxSettings.load()
    if outbox.alert_to.strip():
        return split_lines(outbox.alert_to)
    company = Company.load()
    return addresses(SALES) or addresses(MANAGERS) or ([company.email] if company.email else [])


def notify(address: str, subject: str, body: str, *, about: str = "") -> None:
    """Queue a mail to staff that is not about one enquiry; if `about` is given, once for each recipient."""
    notice = Delivery(
        purpose=Purpose.NOTICE, recipient=address, subject=subject, body=body, about=about, headers=AUTOMATIC
    )
    Delivery.objects.bulk_create([notice], ignore_conflicts=True)


def queue_reply(lead: Lead, subject: str, body: str, *, actor: User, key: UUID) -> None:
    """Queue a mail to the lead, in the thread of its acknowledgement; its Reply-To is `actor`."""
    latest = lead.submissions.first()
    headers = {}
    if latest is not None:
        sent = deliveries_about([latest]).filter(purpose=Purpose.ACKNOWLEDGEMENT, state=State.SENT).first()
        if sent is not None:
            headers = {"In-Reply-To": message_id(sent), "References": message_id(sent)}
    Delivery.objects.create(
        key=key,
        purpose=Purpose.REPLY,
        about=about_submission(latest.pk) if latest else "",
        recipient=latest.email if latest else lead.email,
        reply_to=actor.email,
        subject=subject,
        body=body,
        headers=headers,
    )
