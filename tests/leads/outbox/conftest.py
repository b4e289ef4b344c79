from collections.abc import Iterator

import pytest

from tests.support.servers import MailServer, Receiver, mail_server, receiver, smtp_at


@pytest.fixture
def smtp(settings) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.MAILERS = smtp_at(server.port)
        yield server


@pytest.fixture
def hook(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES = True
    with receiver() as server:
        yield server
