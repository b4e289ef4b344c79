"""
The registry of channels, by the name in Delivery.channel. A channel is a module in this folder and a line below.

The module has a function `send(delivery) -> str`, which returns the answer of the receiver. It raises PermanentError,
or any other exception if a retry may help.
"""

from collections.abc import Callable

from leads.outbox.channels import email, webhook
from leads.outbox.models import Delivery

CHANNELS: dict[str, Callable[[Delivery], str]] = {"email": email.send, "webhook": webhook.send}
