from collections.abc import Iterator
from typing import Any

import pytest

from tests.leads.outbox.servers import MailServer, Receiver, mail_server, receiver


def smtp_at(port: int) -> dict[str, dict[str, Any]]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 10}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


@pytest.fixture
def smtp(settings) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.MAILERS = smtp_at(server.port)
        yield server


@pytest.fixture
def hook(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES = True
    with receiver() as told:
        yield told
