"""The e-mail channel: mail by the server in settings.MAILERS, with the same Message-ID in every attempt."""

import smtplib
from email.message import EmailMessage as UnicodeMessage
from email.policy import SMTPUTF8
from typing import Any
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SMTPBackend
from django.utils.module_loading import import_string

from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery


def send(delivery: Delivery) -> str:
    """Raises PermanentError, or SMTPException or OSError if a retry may help."""
    try:
        message = compose(delivery)
    except ValueError as error:
        raise PermanentError(f"This address cannot be written in a mail: {error}") from None
    try:
        deliver(message, mailer())
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= 500:
            raise PermanentError(f"The recipient was refused: {error}") from None
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= 500:
            raise PermanentError(f"The message was refused: {error}") from None
        raise
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentError(f"The mail server cannot write to this address: {error}") from None
    return ""


def mailer() -> BaseEmailBackend:
    """The mail server in settings.MAILERS. Django 6.1 has `mailers.default` for this."""
    server = settings.MAILERS["default"]
    backend: BaseEmailBackend = import_string(server["BACKEND"])(alias="default", **server["OPTIONS"])
    return backend


def deliver(message: EmailMultiAlternatives, backend: BaseEmailBackend) -> None:
    """
    Send the message; by SMTPUTF8 (RFC 6531) if the recipient's local part is not ASCII.

    Django would rewrite such a local part, and the mail would go to another mailbox.
    """
    (recipient,) = message.to
    if recipient.isascii() or not isinstance(backend, SMTPBackend):
        backend.send_messages([message])
        return
    backend.open()
    try:
        server: Any = backend.connection
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError("it does not offer SMTPUTF8")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        server.sendmail(message.from_email, [recipient], message.message().as_bytes(), mail_options=options)
    finally:
        backend.close()


class Mail(EmailMultiAlternatives):
    def message(self, **kwargs: Any) -> Any:
        """Django's message, or one for SMTPUTF8 if the recipient's local part is not ASCII."""
        (recipient,) = self.to
        if recipient.isascii():
            return super().message(**kwargs)
        message = UnicodeMessage(policy=SMTPUTF8)
        headers = {"From": self.from_email, "To": recipient, "Subject": self.subject, **self.extra_headers}
        if self.reply_to:
            headers["Reply-To"] = ", ".join(self.reply_to)
        for name, value in headers.items():
            message[name] = value
        message.set_content(self.body)
        for html, _ in self.alternatives:
            message.add_alternative(html, subtype="html")
        return message


def compose(delivery: Delivery) -> Mail:
    """The mail of the delivery. Raises ValueError if the recipient's domain cannot be encoded in ASCII."""
    body, reply_to = delivery.body, []
    if delivery.reply_to:
        if can_be_header(delivery.reply_to):
            reply_to = [with_ascii_domain(delivery.reply_to)]
        else:
            body += f"\nAnswer to: {delivery.reply_to}\n"
    message = Mail(
        " ".join(delivery.subject.split()),
        body,
        to=[with_ascii_domain(delivery.recipient)],
        reply_to=reply_to,
        headers={"Message-ID": message_id(delivery), **delivery.headers},
    )
    if delivery.html:
        message.attach_alternative(delivery.html, "text/html")
    return message


def can_be_header(address: str) -> bool:
    """Whether the address can be in a header without SMTPUTF8: a local part in ASCII, a domain that IDNA can encode."""
    try:
        return with_ascii_domain(address).isascii()
    except ValueError:
        return False


def with_ascii_domain(address: str) -> str:
    """`ana@bücher.example` → `ana@xn--bcher-kva.example`. Raises ValueError (idna.IDNAError) if it cannot be."""
    local, _, domain = address.rpartition("@")
    if not local or any(character.isspace() for character in address):
        raise ValueError("it has no local part, or a space in it")
    return f"{local}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"


def message_id(delivery: Delivery) -> str:
    """The Message-ID header, the same in every attempt."""
    return f"<{delivery.key}@{urlsplit(settings.SITE_URL).hostname}>"
