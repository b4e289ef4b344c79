import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import spool
from leads.intake import store
from leads.management.commands import deliver
from leads.models import Submission
from leads.monitoring import heartbeat
from leads.notifications import notify
from leads.outbox import worker
from leads.outbox.channels import CHANNELS
from leads.outbox.models import Delivery
from leads.outbox.retry import DELAY_MAX, GIVE_UP_AFTER, delay
from leads.outbox.worker import LEASE, claim
from tests import build
from tests.build import accept
from tests.support.production import ROOT, prepared_template
from tests.support.servers import smtp_at
from tests.support.simultaneous import at_once

pytestmark = pytest.mark.django_db
THREE_DAYS = GIVE_UP_AFTER + timedelta(minutes=1)


@pytest.fixture
def waiting(only_alerts) -> Delivery:
    accept(build.submission())
    return Delivery.objects.get()


def test_a_delivery_is_sent_once(waiting):
    assert [worker.step() for _ in range(2)] == [True, False]
    assert len(mail.outbox) == 1
    waiting.refresh_from_db()
    assert waiting.state == "sent"
    assert waiting.sent_at


@pytest.mark.django_db(transaction=True)
def test_one_of_sixteen_workers_claims_a_delivery(waiting):
    now = timezone.now()
    claimed = at_once(lambda _: claim(now))
    assert [delivery for delivery in claimed if delivery] == [waiting]


def test_an_expired_lease_can_be_claimed_again(waiting):
    now = timezone.now()
    assert claim(now)
    assert claim(now) is None
    assert claim(now + LEASE)


def test_a_late_failure_keeps_the_lease_of_another_worker(waiting):
    first = claim(timezone.now())
    second = claim(timezone.now() + LEASE)
    assert first
    assert second
    worker.record_failure(first, OSError("late"), give_up=True)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.last_error) == ("pending", 2, "")


def test_a_delivery_is_given_up_after_three_days(waiting, settings):
    settings.MAILERS = smtp_at(1)
    worker.step()
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    Delivery.objects.update(next_attempt_at=timezone.now(), first_attempt_at=timezone.now() - THREE_DAYS)
    worker.step()
    waiting.refresh_from_db()
    assert waiting.state == "dead"


def test_days_without_a_worker_do_not_count(waiting, settings):
    settings.MAILERS = smtp_at(1)
    Delivery.objects.update(queued_at=timezone.now() - timedelta(days=4))
    worker.step()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("pending", 1)


@pytest.mark.parametrize(
    "error", [ValueError("a\0b"), KeyError("\ud800"), ZeroDivisionError(), OSError("x" * 1000), RuntimeError("é")]
)
def test_an_unexpected_error_fails_only_its_own_delivery(waiting, monkeypatch, error, caplog):
    def fail(delivery):
        raise error

    notify("other@site.example", "Later", "Body")
    Delivery.objects.filter(purpose="notice").update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    monkeypatch.setitem(CHANNELS, "broken", fail)
    Delivery.objects.filter(pk=waiting.pk).update(channel="broken")
    while worker.step():
        pass
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("pending", 1)
    assert waiting.last_error.startswith(type(error).__name__)
    assert Delivery.objects.get(purpose="notice").state == "sent"
    assert waiting.recipient not in caplog.text


def test_an_unknown_channel_is_a_failure(waiting):
    Delivery.objects.update(channel="pigeon")
    worker.step()
    waiting.refresh_from_db()
    assert waiting.last_error == "KeyError: 'pigeon'"


@given(st.integers(min_value=1, max_value=10_000))
def test_the_delay_doubles_up_to_a_limit(attempts):
    assert timedelta(seconds=5) <= delay(attempts) <= DELAY_MAX * 1.5


def test_once_replays_the_spool_and_sends_due_messages(only_alerts):
    spool.keep(build.submission(received_at=timezone.now()))
    call_command("deliver", "--once")
    assert Submission.objects.get().lead
    assert Delivery.objects.get().state == "sent"
    assert heartbeat.seconds_since_beat() is not None


def test_once_fails_without_the_database(monkeypatch):
    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr(deliver, "admit_waiting", fail)
    with pytest.raises(OperationalError):
        call_command("deliver", "--once")


def test_an_unusable_spool_does_not_stop_the_worker(only_alerts, spool_dir, caplog):
    spool_dir.parent.mkdir(exist_ok=True)
    spool_dir.write_text("a file where the folder should be")
    store(build.submission(received_at=timezone.now()))
    call_command("deliver", "--once")
    assert Delivery.objects.get().state == "sent"
    assert "replay failed." in caplog.text


@pytest.mark.parametrize(
    "stop_signals",
    [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT, signal.SIGTERM] * 500],
    ids=["TERM", "INT", "both"],
)
def test_signals_stop_the_worker(tmp_path, stop_signals):
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    shutil.copytree(prepared_template(), tmp_path, dirs_exist_ok=True)
    process = subprocess.Popen([sys.executable, "manage.py", "deliver"], cwd=ROOT, env=environment)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    for stop_signal in stop_signals:
        process.send_signal(stop_signal)
        time.sleep(0.0005)  # several equal signals that are not yet handled are one
    try:
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()


@pytest.mark.django_db
def test_a_failing_chore_is_logged_and_stops_nothing_else(monkeypatch, caplog):
    done: list = []

    def broken(now):
        raise ValueError("holidays")

    monkeypatch.setattr(deliver, "CHORES", (broken, done.append))
    call_command("deliver", "--once")
    assert len(done) == 1
    assert "broken failed; the others go on." in caplog.text


class TestAdmin:
    def test_sales_sees_the_error_and_retries(self, sales, waiting):
        Delivery.objects.update(state="dead", last_error="550 nobody here")
        assert "<strong>1</strong> Messages given up" in sales.get("/admin/").content.decode()
        page = sales.get("/admin/outbox/delivery/?state=dead").content.decode()
        assert "550 nobody here" in page
        assert (
            "550 nobody here"
            in sales.get(f"/admin/leads/lead/{Submission.objects.get().lead_id}/change/").content.decode()
        )
        data = {"action": "retry", "_selected_action": [waiting.pk]}
        assert "1 will be tried again" in sales.post("/admin/outbox/delivery/", data, follow=True).content.decode()
        waiting.refresh_from_db()
        assert (waiting.state, waiting.attempts) == ("pending", 0)
        assert "<strong>0</strong> Messages given up" in sales.get("/admin/").content.decode()

    def test_a_sent_delivery_is_not_retried(self, sales, waiting):
        worker.step()
        sales.post("/admin/outbox/delivery/", {"action": "retry", "_selected_action": [waiting.pk]})
        waiting.refresh_from_db()
        assert waiting.state == "sent"

    def test_deliveries_are_read_only(self, superuser, waiting):
        assert superuser.get(f"/admin/outbox/delivery/{waiting.pk}/change/").status_code == 200
        assert superuser.post(f"/admin/outbox/delivery/{waiting.pk}/change/", {"state": "sent"}).status_code == 403
        assert superuser.post(f"/admin/outbox/delivery/{waiting.pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize("path", ["endpoint/", "outboxsettings/"])
    def test_sales_cannot_change_the_outbox_settings(self, sales, path):
        assert sales.get(f"/admin/outbox/{path}").status_code == 403

    def test_alert_addresses_are_validated(self, superuser):
        data = {"acknowledged_per_day": "1", "acknowledged_per_hour": "200"}
        wrong = superuser.post("/admin/outbox/outboxsettings/add/", {**data, "alert_to": "a@site.example\nnonsense"})
        assert "“nonsense” is no e-mail address." in wrong.content.decode()
        assert (
            superuser.post("/admin/outbox/outboxsettings/add/", {**data, "alert_to": "a@site.example"}).status_code
            == 302
        )
        assert superuser.get("/admin/outbox/outboxsettings/")["Location"].endswith("/1/change/")

    def test_an_endpoint_needs_an_http_address(self, superuser):
        wrong = superuser.post("/admin/outbox/endpoint/add/", {"url": "ftp://crm.example", "secret": "whsec_YWJj"})
        assert wrong.status_code == 200
        page = superuser.get("/admin/outbox/endpoint/add/").content.decode()
        assert "whsec_" in page
