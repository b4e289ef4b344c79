"""
POST an enquiry to another system, as Standard Webhooks has it: signed JSON with an id that stays the same.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import http.client
import json
import socket
import ssl
from contextlib import closing
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from leads.models import Submission
from leads.outbox.errors import PermanentError
from leads.outbox.models import Delivery, Endpoint
from leads.reference import grouped

TIMEOUT_SECONDS = 10
RESPONSE_MAX = 2048  # bytes
TRY_AGAIN = {408, 409, 425, 429}  # of the 4xx
GONE = 410


class AddressRefusedError(PermanentError):
    """The address is not one of the public internet."""


def send(delivery: Delivery) -> str:
    """What the receiver answered. Raises PermanentError, or OSError where another try may help."""
    endpoint = delivery.endpoint
    if endpoint is None or not endpoint.is_active:
        raise PermanentError("The endpoint is not active any more.")
    if delivery.submission is None:
        raise PermanentError("There is no enquiry to tell of.")
    body = json.dumps(payload(delivery.submission), ensure_ascii=False)
    now = timezone.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "outsourcing-site",
        "webhook-id": str(delivery.key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(str(delivery.key), now, body),
    }
    status, response = post(endpoint.url, body.encode(), headers)
    if 200 <= status < 300:
        return response
    if status == GONE:
        reason = f"It answered 410 (gone) on {now:%d %B %Y}."
        Endpoint.objects.filter(pk=endpoint.pk).update(is_active=False, switched_off=reason)
    if 300 <= status < 500 and status not in TRY_AGAIN:
        raise PermanentError(f"HTTP {status}", response)
    raise OSError(f"HTTP {status}: {response[:200]}")


def payload(submission: Submission) -> dict[str, Any]:
    lead = submission.lead
    is_first = lead is not None and not lead.submissions.filter(pk__lt=submission.pk).exists()
    return {
        "type": "lead.created" if is_first else "lead.wrote_again",
        "timestamp": submission.received_at.isoformat(),
        "data": {
            "lead": submission.lead_id,
            "reference": grouped(submission.reference),
            "first_name": submission.first_name,
            "last_name": submission.last_name,
            "phone": submission.phone,
            "phone_extension": submission.phone_extension,
            "email": submission.email,
            "space_requirements": submission.space_requirements,
            "page": submission.page,
            "attribution": submission.attribution,
        },
    }


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and the first RESPONSE_MAX bytes of the answer, within TIMEOUT_SECONDS; follows no redirect."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    with closing(connection):
        sock = open_socket(host, port)
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection.sock = sock
        late = Event()

        def hang_up() -> None:
            late.set()
            sock.shutdown(socket.SHUT_RDWR)

        # A receiver that sends a byte now and then would outlast the socket's own time-out.
        timer = Timer(TIMEOUT_SECONDS, hang_up)
        timer.daemon = True
        timer.start()
        try:
            connection.request("POST", parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
            response = connection.getresponse()
            text = response.read(RESPONSE_MAX).decode(errors="replace").replace("\0", "")
            if late.is_set():
                raise TimeoutError("The answer took too long.")
            return response.status, text
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        finally:
            timer.cancel()


def open_socket(host: str, port: int) -> socket.socket:
    """A connection to the host, at an address that was judged and no other."""
    error: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not settings.WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES and not is_public(str(address[0])):
            raise AddressRefusedError(f"{host} is at {address[0]}, which is not of the public internet.")
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(TIMEOUT_SECONDS)
        try:
            sock.connect(address)
        except OSError as failure:
            sock.close()
            error = failure
        else:
            return sock
    raise error or OSError(f"{host} has no address.")


def is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast
