import os
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from leads import spool
from leads.intake import accept
from leads.outbox import worker
from leads.outbox.models import Delivery, Heartbeat
from tests import build


def test_the_process_says_that_it_lives_without_asking_the_database(client):
    response = client.get("/healthz")  # no database mark: a query would fail
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


@pytest.fixture(autouse=True)
def spool_dir(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def worker_lives(db):
    worker.beat()


@pytest.mark.usefixtures("worker_lives")
def test_it_is_ready_when_database_and_migrations_are(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
@pytest.mark.usefixtures("worker_lives")
def test_probes_need_no_known_host_and_no_tls(client, url, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(url, headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.django_db
def test_pending_migrations_are_a_reason_not_to_serve(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one", "two"])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content == b"2 database migrations are pending: run manage.py migrate.\n"


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_reason_not_to_serve(client, monkeypatch):
    def fail(*args):
        raise OperationalError("connection refused to postgres://site:secret@db")

    monkeypatch.setattr("outsourcing_site.health.MigrationExecutor", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content == b"The database cannot be reached.\n"
    assert client.get("/healthz").status_code == 200


def reasons(client) -> list[str]:
    response = client.get("/readyz")
    assert (response.status_code == 200) == (response.content == b"ok\n")
    return response.content.decode().splitlines()


@pytest.mark.django_db
def test_without_a_worker_it_is_not_ready(client):
    assert reasons(client) == ["No delivery worker has said that it lives yet: run manage.py deliver."]
    worker.beat()
    assert reasons(client) == ["ok"]
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=2, seconds=5))
    assert "No delivery worker has said that it lives since" in reasons(client)[0]


@pytest.mark.usefixtures("worker_lives")
def test_a_message_that_waits_long_is_a_reason(client):
    accept(build.submission())
    assert reasons(client) == ["ok"]
    Delivery.objects.update(queued_at=timezone.now() - timedelta(minutes=17, seconds=5))
    assert reasons(client) == ["A message has been waiting for 17 minutes: see its error in the admin."]
    Delivery.objects.update(state="dead")
    assert reasons(client) == ["ok"]


@pytest.mark.usefixtures("worker_lives")
def test_a_spool_that_waits_long_is_a_reason_with_the_database_away_too(client, monkeypatch):
    spool.keep(build.submission())
    assert reasons(client) == ["ok"]
    (path,) = spool.folder().glob("*.jsonl")
    long_ago = time.time() - 20 * 60
    os.utime(path, (long_ago, long_ago))
    assert "Enquiries have been waiting in the spool for 20 minutes" in reasons(client)[0]

    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr("outsourcing_site.health.MigrationExecutor", fail)
    assert len(reasons(client)) == 2
