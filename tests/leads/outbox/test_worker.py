import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from leads import spool
from leads.intake import accept
from leads.models import Submission
from leads.outbox import worker
from leads.outbox.management.commands import deliver
from leads.outbox.models import Delivery, Heartbeat
from leads.outbox.worker import DELAY_MAX, LEASE, claim, delay
from tests import build
from tests.deploy.production import ROOT
from tests.leads.outbox.conftest import smtp_at
from tests.leads.test_simultaneous_enquiries import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(silent) -> Delivery:
    accept(build.submission())
    return Delivery.objects.get()


def test_a_delivery_is_sent_once(waiting):
    assert [worker.step() for _ in range(2)] == [True, False]
    assert len(mail.outbox) == 1
    waiting.refresh_from_db()
    assert waiting.state == "sent"
    assert waiting.sent_at


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_workers_one_gets_it(waiting):
    now = timezone.now()
    claimed = at_once(lambda _: claim(now))
    assert [each for each in claimed if each] == [waiting]


def test_a_lease_that_ran_out_is_another_workers(waiting):
    now = timezone.now()
    assert claim(now)
    assert claim(now) is None
    assert claim(now + LEASE)


def test_a_late_failure_does_not_take_the_lease_of_another(waiting):
    first = claim(timezone.now())
    second = claim(timezone.now() + LEASE)
    assert first
    assert second
    worker.failed(first, OSError("late"), give_up=True)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.last_error) == ("pending", 2, "")


def test_after_three_days_it_is_given_up(waiting, settings):
    settings.MAILERS = smtp_at(1)
    worker.step()
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    Delivery.objects.update(next_attempt_at=timezone.now(), queued_at=timezone.now() - timedelta(days=3, minutes=1))
    worker.step()
    waiting.refresh_from_db()
    assert waiting.state == "dead"


@given(st.integers(min_value=1, max_value=10_000))
def test_the_wait_doubles_up_to_a_limit(attempts):
    assert timedelta(seconds=5) <= delay(attempts) <= DELAY_MAX * 1.5


def test_once_does_all_that_is_due_and_stores_what_is_spooled(settings, tmp_path, silent):
    settings.SPOOL_DIR = tmp_path
    spool.keep(build.submission())
    call_command("deliver", "--once")
    assert Submission.objects.count() == 1
    assert Delivery.objects.get().state == "sent"
    assert Heartbeat.objects.count() == 1


def test_once_says_that_the_database_is_away(monkeypatch):
    def fail(*args):
        raise OperationalError("away")

    monkeypatch.setattr(worker, "beat", fail)
    with pytest.raises(OperationalError):
        call_command("deliver", "--once")


def test_a_worker_says_seldom_that_it_lives():
    first = worker.beat()
    assert worker.beat(first) == first
    Heartbeat.objects.update(at=timezone.now() - timedelta(days=2))
    worker.beat()
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_worker(tmp_path, number):
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    process = subprocess.Popen([sys.executable, "manage.py", "deliver"], cwd=ROOT, env=environment)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    process.send_signal(number)
    assert process.wait(timeout=20) == 0


@pytest.mark.django_db
def test_a_chore_that_fails_is_reported_and_stops_neither_mail_nor_the_others(monkeypatch, caplog):
    done: list = []

    def broken(now):
        raise ValueError("holidays")

    monkeypatch.setattr(deliver, "CHORES", (broken, done.append))
    call_command("deliver", "--once")
    assert len(done) == 1
    assert "broken failed; messages go on." in caplog.text


class TestAdmin:
    def test_sales_sees_why_and_tries_again(self, sales, waiting):
        Delivery.objects.update(state="dead", last_error="550 nobody here")
        assert "<strong>1</strong> Messages given up" in sales.get("/admin/").content.decode()
        page = sales.get("/admin/outbox/delivery/?state=dead").content.decode()
        assert "550 nobody here" in page
        assert (
            "550 nobody here" in sales.get(f"/admin/leads/lead/{waiting.submission.lead_id}/change/").content.decode()
        )
        data = {"action": "retry", "_selected_action": [waiting.pk]}
        assert "1 will be tried again" in sales.post("/admin/outbox/delivery/", data, follow=True).content.decode()
        waiting.refresh_from_db()
        assert (waiting.state, waiting.attempts) == ("pending", 0)
        assert "<strong>0</strong> Messages given up" in sales.get("/admin/").content.decode()

    def test_what_was_sent_is_not_sent_again(self, sales, waiting):
        worker.step()
        sales.post("/admin/outbox/delivery/", {"action": "retry", "_selected_action": [waiting.pk]})
        waiting.refresh_from_db()
        assert waiting.state == "sent"

    def test_deliveries_are_read_only(self, superuser, waiting):
        assert superuser.get(f"/admin/outbox/delivery/{waiting.pk}/change/").status_code == 200
        assert superuser.post(f"/admin/outbox/delivery/{waiting.pk}/change/", {"state": "sent"}).status_code == 403
        assert superuser.post(f"/admin/outbox/delivery/{waiting.pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize("path", ["endpoint/", "outboxsettings/"])
    def test_settings_are_for_those_who_run_the_site(self, sales, path):
        assert sales.get(f"/admin/outbox/{path}").status_code == 403

    def test_addresses_are_checked(self, superuser):
        wrong = superuser.post("/admin/outbox/outboxsettings/add/", {"alert_to": "a@site.example\nnonsense"})
        assert "“nonsense” is no e-mail address." in wrong.content.decode()
        assert superuser.post("/admin/outbox/outboxsettings/add/", {"alert_to": "a@site.example"}).status_code == 302
        assert superuser.get("/admin/outbox/outboxsettings/")["Location"].endswith("/1/change/")

    def test_an_endpoint_is_a_web_address(self, superuser):
        wrong = superuser.post("/admin/outbox/endpoint/add/", {"url": "ftp://crm.example", "secret": "whsec_YWJj"})
        assert wrong.status_code == 200
        page = superuser.get("/admin/outbox/endpoint/add/").content.decode()
        assert "whsec_" in page
