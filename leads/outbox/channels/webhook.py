"""
POST a JSON body to another system, as Standard Webhooks has it: signed, with an id that stays the same.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from django.utils import timezone
from standardwebhooks import Webhook

from leads.outbox.errors import PermanentError
from leads.outbox.http import post
from leads.outbox.models import Delivery, Endpoint

TRY_AGAIN = {408, 409, 425, 429}  # of the 4xx
GONE = 410


def send(delivery: Delivery) -> str:
    """What the receiver answered. Raises PermanentError, or OSError where another try may help."""
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
    if status == GONE:
        reason = f"It answered 410 (gone) on {now:%d %B %Y}."
        Endpoint.objects.filter(pk=endpoint.pk).update(is_active=False, switched_off=reason)
    if 300 <= status < 500 and status not in TRY_AGAIN:
        raise PermanentError(f"HTTP {status}", response)
    raise OSError(f"HTTP {status}: {response[:200]}")
