import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor


def test_the_process_says_that_it_lives_without_asking_the_database(client):
    response = client.get("/healthz")  # no database mark: a query would fail
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_it_is_ready_when_database_and_migrations_are(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
@pytest.mark.django_db
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
