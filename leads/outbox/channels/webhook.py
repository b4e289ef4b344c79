"""
The webhook channel: POST a JSON body with the headers and the signature of Standard Webhooks. The id is the same in
every attempt.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from http import HTTPStatus

from django.utils import timezone
from standardwebhooks import Webhook

from leads.outbox.errors import PermanentError
from leads.outbox.http import post
from leads.outbox.models import Delivery, Endpoint

RETRIED = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


def send(delivery: Delivery) -> str:
    """Returns the answer. Raises PermanentError, or OSError if a retry may help."""
    endpoint = delivery.endpoint
    if endpoint is None or not endpoint.is_active:
        raise PermanentError("The endpoint is not active any more.")
    now = timezone.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "outsourcing-site",
        "webhook-id": str(delivery.key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(str(delivery.key), now, delivery.body),
    }
    status, response = post(endpoint.url, delivery.body.encode(), headers)
    if 200 <= status < 300:
        return response
    if status == HTTPStatus.GONE:
        reason = f"It answered 410 (gone) on {now:%d %B %Y}."
        Endpoint.objects.filter(pk=endpoint.pk).update(is_active=False, switched_off=reason)
    if 300 <= status < 500 and status not in RETRIED:
        raise PermanentError(f"HTTP {status}", response)
    raise OSError(f"HTTP {status}: {response[:200]}")
