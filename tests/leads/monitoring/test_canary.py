"""The canary sends an enquiry as a visitor does, reports which step failed, and leaves no trace."""

from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from leads.admission.admit import admit_waiting
from leads.models import Event, Identity, Lead, Quarantine, ScreeningRules, Submission
from leads.outbox import worker
from leads.outbox.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db(transaction=True)

TRACES = [Submission, Lead, Identity, Event, Delivery, Quarantine]


@pytest.fixture
def worker_runs(monkeypatch) -> None:
    """A worker does one step whenever the canary waits."""

    def work(seconds: float) -> None:
        admit_waiting(timezone.now())
        worker.step()

    monkeypatch.setattr("leads.monitoring.canary.time.sleep", work)


def fly(live_server, seconds: float = 20) -> None:
    call_command("canary", url=live_server.url, seconds=seconds, stdout=StringIO())


def assert_no_trace() -> None:
    assert [model.__name__ for model in TRACES if model._default_manager.exists()] == []


@pytest.mark.usefixtures("worker_runs")
def test_a_working_form_sends_one_mail_and_leaves_no_trace(live_server):
    Endpoint.objects.create(url="https://crm.example/hook")
    fly(live_server)
    (message,) = mail.outbox
    assert message.to == [django_settings.DEFAULT_FROM_EMAIL]
    assert_no_trace()
    fly(live_server)


def test_a_missing_admission_is_reported(live_server):
    with pytest.raises(CommandError, match="The enquiry is stored, but no worker admitted it"):
        fly(live_server, seconds=1)
    assert_no_trace()


def test_an_unsent_mail_is_reported(live_server, monkeypatch):
    monkeypatch.setattr("leads.monitoring.canary.time.sleep", lambda seconds: admit_waiting(timezone.now()))
    with pytest.raises(CommandError, match="stored, but its mail was not sent: no worker took it"):
        fly(live_server, seconds=1)
    assert_no_trace()


def test_a_refused_enquiry_is_reported(live_server, monkeypatch):
    monkeypatch.setattr("leads.capture.rate_limit.POSTS_PER_MINUTE", 0)
    with pytest.raises(CommandError, match="answers a good enquiry with 429"):
        fly(live_server)


def test_an_unreachable_site_is_reported():
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("canary", url="http://127.0.0.1:1")


@pytest.mark.usefixtures("worker_runs")
def test_an_enquiry_held_by_screening_is_reported(live_server):
    ScreeningRules.objects.create(words="canary")
    with pytest.raises(CommandError, match="Screening held the enquiry back"):
        fly(live_server)
    assert_no_trace()


def test_an_enquiry_that_is_not_stored_is_reported(live_server, monkeypatch):
    monkeypatch.setattr("leads.capture.views.store", lambda submission: submission)
    with pytest.raises(CommandError, match="not in the database"):
        fly(live_server, seconds=1)
