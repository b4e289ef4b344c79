"""Metrics for Prometheus, and who may read them."""

import os
import sys
import urllib.request
from pathlib import Path

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from leads import spool
from leads.outbox.models import Delivery, OutboxSettings
from tests import build
from tests.build import accept
from tests.support.databases import database_away
from tests.support.production import environment, free_ports, prepare_site, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def spool_dir(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path / "spool"


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client) -> dict[tuple[str, tuple[str, ...]], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    return samples(response.content.decode())


@pytest.mark.django_db
def test_enquiries_messages_and_the_spool_are_counted(client):
    OutboxSettings.objects.create(alert_to="sales@site.example")
    accept(build.submission(received_at=timezone.now()))
    accept(build.submission(received_at=timezone.now(), leave_blank="x"))
    Delivery.objects.filter(purpose="alert").update(state="dead")
    spool.keep(build.submission())
    metrics = read(client)
    assert metrics["submissions", ("0", "accepted")] == 1
    assert metrics["submissions", ("0", "quarantined")] == 1
    assert metrics["submissions", ("23", "accepted")] == 0
    assert metrics["deliveries", ("dead",)] == 1
    assert metrics["deliveries", ("pending",)] == 1
    assert metrics["oldest_pending_delivery_seconds", ()] >= 0
    assert metrics["spool_files", ()] == 1
    assert metrics["database_up", ()] == 1


@pytest.mark.django_db
def test_metrics_report_a_missing_database(client):
    with database_away():
        metrics = read(client)
    assert metrics["database_up", ()] == 0
    assert ("deliveries", ("dead",)) not in metrics


@pytest.mark.django_db
def test_answers_are_counted_by_route_not_by_path(client):
    for path in ["/articles/one/", "/articles/two/", "/nowhere/1/", "/nowhere/2/"]:
        client.get(path)
    client.generic("BREW", "/")
    before = read(client)
    client.get("/articles/three/")
    after = read(client)
    labels = ("GET", "article_detail", "4xx")
    name = "http_request_duration_seconds_count"
    assert after[name, labels] == before[name, labels] + 1
    assert not any("two" in label for _, labels in after for label in labels)
    assert any(labels[:1] == ("other",) for _, labels in after)


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "203.0.113.9", {}, 404),
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("secret", "203.0.113.9", {"Authorization": "Bearer secret"}, 200),
        ("secret", "203.0.113.9", {"Authorization": "Bearer wrong"}, 404),
        ("secret", "203.0.113.9", {"Authorization": "secret"}, 404),
        ("", "203.0.113.9", {"Authorization": "Bearer "}, 404),
        ("sécret", "203.0.113.9", {"Authorization": "Bearer é"}, 404),
    ],
)
@pytest.mark.django_db
def test_metrics_need_a_local_address_or_the_token(client, settings, token, address, headers, status):
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


def test_counts_of_all_processes_are_summed(tmp_path):
    (port,) = free_ports(1)
    env = {**environment(tmp_path, 443), "SITE_URL": "http://localhost", "WEB_CONCURRENCY": "3"}
    prepare_site(env)
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "outsourcing_site.wsgi"]
    with running(command, port, tmp_path / "log", {**env, "TMPDIR": str(tmp_path)}):
        for _ in range(40):
            with urllib.request.urlopen(f"http://localhost:{port}/contact/") as response:
                response.read()
        with urllib.request.urlopen(f"http://localhost:{port}/metrics") as response:
            metrics = samples(response.read().decode())
    count = "http_request_duration_seconds_count"
    assert sum(value for (name, labels), value in metrics.items() if name == count and labels[0] == "GET") == 40
    assert [name for name in os.listdir(tmp_path) if name.startswith("metrics-")] == []
