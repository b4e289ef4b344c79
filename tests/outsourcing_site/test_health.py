import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from leads import spool
from leads.intake import store
from leads.monitoring import heartbeat
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept
from tests.support.databases import database_away


def test_healthz_answers_without_a_query(client):
    response = client.get("/healthz")  # no database mark: a query would fail
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


@pytest.fixture
def worker_lives(db):
    heartbeat.beat()


@pytest.mark.usefixtures("worker_lives")
def test_readyz_answers_200_when_everything_works(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("url", ["/healthz", "/acceptz", "/readyz"])
@pytest.mark.usefixtures("worker_lives")
def test_probes_accept_any_host_and_plain_http(client, url, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(url, headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("worker_lives")
def test_pending_migrations_make_the_site_unready(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one", "two"])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content == b"2 database migrations are pending: run manage.py migrate.\n"


@pytest.mark.django_db
@pytest.mark.usefixtures("worker_lives")
def test_an_unreachable_database_makes_the_site_unready(client, monkeypatch):
    def fail(*args):
        raise OperationalError("connection refused to postgres://site:secret@db")

    monkeypatch.setattr("leads.monitoring.readiness.MigrationExecutor", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content == b"The database cannot be reached.\n"
    assert client.get("/healthz").status_code == 200


def reasons(client) -> list[str]:
    response = client.get("/readyz")
    assert (response.status_code == 200) == (response.content == b"ok\n")
    return response.content.decode().splitlines()


@pytest.mark.django_db
def test_a_missing_worker_makes_the_site_unready(client):
    assert reasons(client) == ["No delivery worker has run on this host yet: run manage.py deliver."]
    heartbeat.beat()
    assert reasons(client) == ["ok"]


@pytest.mark.usefixtures("worker_lives")
def test_the_worker_of_another_host_does_not_count(client, settings, tmp_path):
    settings.SPOOL_DIR = tmp_path / "spool of another host"
    assert reasons(client) == ["No delivery worker has run on this host yet: run manage.py deliver."]


@pytest.mark.usefixtures("worker_lives")
def test_a_silent_worker_makes_the_site_unready(client):
    long_ago = time.time() - 5 * 60 - 5
    (spool.folder() / heartbeat.NAME).write_text(str(long_ago))
    assert reasons(client) == ["The delivery worker of this host has been silent for 5 minutes: run manage.py deliver."]


@pytest.mark.usefixtures("worker_lives")
def test_a_delayed_message_makes_the_site_unready(client):
    accept(build.submission(received_at=timezone.now()))
    assert reasons(client) == ["ok"]
    Delivery.objects.update(queued_at=timezone.now() - timedelta(minutes=17, seconds=5))
    assert reasons(client) == ["A message has been waiting for 17 minutes: see its error in the admin."]
    Delivery.objects.update(state="dead")
    assert reasons(client) == ["ok"]


@pytest.mark.usefixtures("worker_lives")
def test_a_delayed_admission_makes_the_site_unready(client):
    store(build.submission(received_at=timezone.now() - timedelta(minutes=6, seconds=5)))
    assert reasons(client) == ["An enquiry has been waiting for admission for 6 minutes."]


@pytest.mark.usefixtures("worker_lives")
def test_a_delayed_spool_is_reported_without_the_database_too(client, monkeypatch):
    spool.keep(build.submission(received_at=timezone.now()))
    assert reasons(client) == ["ok"]
    spool.replay()
    spool.keep(build.submission(received_at=timezone.now() - timedelta(minutes=20, seconds=5)))
    assert "Enquiries have been waiting in the spool for 20 minutes" in reasons(client)[0]

    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr("leads.monitoring.readiness.MigrationExecutor", fail)
    assert len(reasons(client)) == 2


@pytest.mark.usefixtures("worker_lives")
def test_refused_and_unreadable_spool_lines_are_counted(client, spool_dir):
    (spool_dir / spool.REFUSED).write_text("{}\n{}\n")
    (spool_dir / spool.UNREADABLE).write_text("x\n")
    assert reasons(client) == [
        "Spooled enquiries that the database refuses: 2. They are tried again each minute.",
        "Spooled enquiries that cannot be read: 1. Repair unreadable.jsonl, then run manage.py respool.",
    ]


@pytest.mark.django_db
def test_an_unusable_spool_makes_the_site_unready(client, spool_dir):
    spool_dir.write_text("a file where the folder should be")
    assert reasons(client) == ["The spool cannot be used: File exists."]


class TestAcceptz:
    """For the load balancer: whether this host can store an enquiry, in the spool or the database."""

    def test_the_spool_alone_is_enough(self, client):
        response = client.get("/acceptz")  # no database mark: a query would fail
        assert (response.status_code, response.content) == (200, b"ok\n")

    @pytest.mark.django_db
    def test_the_database_alone_is_enough(self, client, spool_dir):
        spool_dir.write_text("a file where the folder should be")
        assert client.get("/acceptz").status_code == 200

    @pytest.mark.django_db
    def test_without_spool_and_database_it_answers_503(self, client, spool_dir):
        spool_dir.write_text("a file where the folder should be")
        with database_away():
            assert client.get("/acceptz").status_code == 503

    @pytest.mark.django_db
    def test_a_read_only_database_is_not_enough(self, client, spool_dir):
        if connection.vendor != "postgresql":
            pytest.skip("PostgreSQL has standbys")
        spool_dir.write_text("a file where the folder should be")
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        assert client.get("/acceptz").status_code == 503
