import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client

from company import rendering
from leads.capture import rate_limit
from leads.outbox.models import OutboxSettings
from outsourcing_site import page_cache
from outsourcing_site.databases import limits
from tests import build
from tests.support.databases import database_away

# Static files without hashed names; tests/outsourcing_site/test_static_files.py collects and hashes them.
django_settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to this machine only."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: tuple) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_locally)


def is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(autouse=True)
def spool_dir(tmp_path: Path, settings) -> Path:
    """A spool for each test, which also has the heartbeat of the worker."""
    settings.SPOOL_DIR = tmp_path / "spool"
    return settings.SPOOL_DIR


@pytest.fixture(autouse=True)
def fresh_shared_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the cache and the circuit breaker, which tests of one process share."""
    cache.clear()
    monkeypatch.setattr(limits.breaker, "is_failing", False)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def no_page_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show changes at once; tests/outsourcing_site/test_page_cache.py tests the cache of pages."""
    monkeypatch.setattr(page_cache, "HOLD_SECONDS", 0)
    monkeypatch.setattr(rendering, "read_last", None)


@pytest.fixture(autouse=True)
def local_mail(settings) -> None:
    """Keep mail in django.core.mail.outbox; tests/leads/outbox/ has a real mail server."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend", "OPTIONS": {}}}


@pytest.fixture(autouse=True)
def no_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lift the rate limit, which tests/leads/capture/test_rate_limit.py tests."""
    monkeypatch.setattr(rate_limit, "POSTS_PER_MINUTE", 100_000)


@pytest.fixture
def stop_database() -> Iterator[Callable[[], object]]:
    """A function that makes each query fail from then on, as if the database could not be reached."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(database_away())


@pytest.fixture
def sales(client: Client) -> Client:
    """A client that is logged in as a member of "Sales"."""
    client.force_login(build.staff("Sales"))
    return client


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(build.staff("Sales managers"))
    return client


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(build.staff("Editors"))
    return client


@pytest.fixture
def superuser(client: Client) -> Client:
    client.force_login(build.staff(is_superuser=True))
    return client


@pytest.fixture
def only_alerts(db) -> OutboxSettings:
    """One alert for each enquiry and no acknowledgement."""
    return OutboxSettings.objects.create(alert_to="sales@site.example", acknowledge=False)
