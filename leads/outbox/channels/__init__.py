"""
How a delivery goes out, by the name in Delivery.channel. A channel is a module here and a line below: a function that
sends a delivery and returns what the receiver answered; it raises PermanentError, or anything else where a retry may
help.
"""

from collections.abc import Callable

from leads.outbox.channels import email, webhook
from leads.outbox.models import Delivery

CHANNELS: dict[str, Callable[[Delivery], str]] = {"email": email.send, "webhook": webhook.send}
