"""The mails: to staff, and to the prospect."""

import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.module_loading import import_string

from company.pages import details
from leads.models import Submission
from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery
from leads.reference import grouped


def send(delivery: Delivery) -> str:
    """Raises PermanentError, or SMTPException or OSError where another try may help."""
    message = compose(delivery)
    try:
        mailer().send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= 500:
            raise PermanentError(f"The recipient was refused: {error}") from None
        raise
    except (smtplib.SMTPDataError, smtplib.SMTPHeloError) as error:
        if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
            raise PermanentError(f"The message was refused: {error}") from None
        raise
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise PermanentError(f"The mail server cannot write to this address: {error}") from None
    return ""


def mailer() -> BaseEmailBackend:
    """The mail server of settings.MAILERS; Django 6.1 has `mailers.default`, with which this goes."""
    server = settings.MAILERS["default"]
    backend: BaseEmailBackend = import_string(server["BACKEND"])(alias="default", **server["OPTIONS"])
    return backend


def compose(delivery: Delivery) -> EmailMultiAlternatives:
    """The message, with the same Message-ID in every attempt."""
    headers = {"Message-ID": message_id(delivery)}
    if delivery.kind == Delivery.Kind.REPLY:
        acknowledgement = Delivery.objects.filter(
            submission=delivery.submission, kind=Delivery.Kind.ACKNOWLEDGEMENT, state=Delivery.State.SENT
        ).first()
        if acknowledgement is not None:  # shown below it in the prospect's mailbox
            headers |= {"In-Reply-To": message_id(acknowledgement), "References": message_id(acknowledgement)}
        return plain(delivery, headers)
    headers["Auto-Submitted"] = "auto-generated"
    return plain(delivery, headers) if delivery.submission is None else drawn(delivery, delivery.submission, headers)


def message_id(delivery: Delivery) -> str:
    return f"<{delivery.key}@{urlsplit(settings.SITE_URL).hostname}>"


def plain(delivery: Delivery, headers: dict[str, str]) -> EmailMultiAlternatives:
    """What was written when it was queued."""
    reply_to = [delivery.reply_to] if delivery.reply_to else None
    return EmailMultiAlternatives(
        delivery.subject, delivery.body, to=[delivery.recipient], reply_to=reply_to, headers=headers
    )


def drawn(delivery: Delivery, submission: Submission, headers: dict[str, str]) -> EmailMultiAlternatives:
    """What follows from the submission."""
    context: dict[str, Any] = {
        **details(),
        "submission": submission,
        "reference": grouped(submission.reference),
        "lead_url": settings.SITE_URL + reverse("admin:leads_lead_change", args=[submission.lead_id]),
    }
    is_alert = delivery.kind == Delivery.Kind.ALERT
    name = "alert" if is_alert else "acknowledgement"
    subject = " ".join(render_to_string(f"outbox/email/{name}_subject.txt", context).split())
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"outbox/email/{name}.txt", context),
        to=[delivery.recipient],
        reply_to=[submission.email] if is_alert else None,
        headers=headers,
    )
    if not is_alert:
        message.attach_alternative(render_to_string(f"outbox/email/{name}.html", context), "text/html")
    return message
