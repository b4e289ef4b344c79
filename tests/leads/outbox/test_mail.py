from pathlib import Path

import pytest
from django.core import mail as django_mail
from django.core.management import call_command
from django.utils import timezone

from leads.outbox import worker
from leads.outbox.models import Delivery
from tests import build
from tests.build import accept
from tests.support.servers import mail_server, smtp_at

pytestmark = pytest.mark.django_db


def test_the_alert_has_the_enquiry_and_replies_to_the_prospect(smtp, only_alerts):
    submission = accept(build.submission(space_requirements="Ten <b>designers</b> & more.", page="/"))
    worker.step()
    (message,) = smtp.messages
    text = message.get_content()
    assert "Ten <b>designers</b> & more." in text
    assert f"http://testserver/admin/leads/lead/{submission.lead_id}/change/" in text
    assert "+639171234567" in text
    assert message["Subject"].startswith("Ana Reyes sent an enquiry (")
    assert message["To"] == "sales@site.example"
    assert message["Reply-To"] == "ana@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{Delivery.objects.get().key}@testserver>"


def test_the_acknowledgement_is_sent_as_text_and_html(smtp):
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    accept(build.submission(space_requirements="Ten <b>designers</b> & more.", first_name="Zoë 王"))
    Delivery.objects.filter(purpose="alert").delete()
    worker.step()
    (message,) = smtp.messages
    assert message["To"] == "ana@example.com"
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Dear Zoë 王 Reyes" in text
    assert "Ten <b>designers</b> & more." in text
    assert "Ten &lt;b&gt;designers&lt;/b&gt; &amp; more." in html
    for body in (text, html):
        assert "What happens next" in body
        assert "(+632) 7796540" in body
        assert "Bayani Partners" in body


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"answer": "451 later"}, "pending"),
        ({"answer": "554 no"}, "dead"),
        ({"answer": "hang up"}, "pending"),
        ({"to_recipient": "550 nobody here"}, "dead"),
        ({"to_recipient": "450 not now"}, "pending"),
    ],
)
def test_temporary_errors_are_retried_and_permanent_not(smtp, only_alerts, answers, state):
    for name, value in answers.items():
        setattr(smtp, name, value)
    accept(build.submission())
    worker.step()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (state, 1)
    assert delivery.last_error


def test_an_unreachable_mail_server_is_retried(settings, only_alerts):
    settings.MAILERS = smtp_at(1)
    accept(build.submission())
    worker.step()
    delivery = Delivery.objects.get()
    assert delivery.state == "pending"
    assert "refused" in delivery.last_error


def test_a_second_attempt_has_the_same_message_id(smtp, only_alerts):
    accept(build.submission())
    worker.step()
    Delivery.objects.update(state="pending")  # as if the worker had been killed after sending
    Delivery.objects.update(next_attempt_at=build.NOON)
    worker.step()
    one, other = smtp.messages
    assert one["Message-ID"] == other["Message-ID"]


def test_without_a_mail_server_mail_is_written_to_a_file(settings, tmp_path: Path, only_alerts):
    settings.VAR_DIR = tmp_path
    settings.MAILERS = {"default": {"BACKEND": "leads.outbox.channels.eml.EmlBackend", "OPTIONS": {}}}
    accept(build.submission(received_at=timezone.now()))
    call_command("deliver", "--once")
    (path,) = (tmp_path / "mail").glob("*.eml")
    assert "Ten designers in Makati by March." in path.read_text()
    assert Delivery.objects.get().state == "sent"
    assert django_mail.outbox == []


@pytest.mark.parametrize("email", ["josé@example.com", "я" * 33 + "@example.com", "josé@bücher.example"])
def test_a_non_ascii_local_part_is_sent_by_smtputf8(settings, email):
    with mail_server(offers_smtputf8=True) as server:
        settings.MAILERS = smtp_at(server.port)
        accept(build.submission(email=email))
        worker.step()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_error) == ("sent", "")
    assert server.recipients == [email.replace("bücher", "xn--bcher-kva")]
    (message,) = server.messages
    assert message["Message-ID"] == f"<{delivery.key}@testserver>"
    text, html = (part.get_content() for part in message.iter_parts())
    assert text.startswith("Dear Ana Reyes,")
    assert "What happens next" in html


def test_without_smtputf8_a_non_ascii_address_gets_no_mail(smtp):
    accept(build.submission(email="josé@example.com"))
    worker.step()
    delivery = Delivery.objects.get()
    assert delivery.state == "dead"
    assert "SMTPUTF8" in delivery.last_error
    assert smtp.recipients == []


@pytest.mark.parametrize("email", ["ana@bücher.example", "ana@xn--bcher-kva.example"])
def test_a_non_ascii_domain_is_sent_as_punycode(smtp, email):
    accept(build.submission(email=email))
    worker.step()
    assert smtp.recipients == ["ana@xn--bcher-kva.example"]


def test_an_unencodable_domain_is_given_up(smtp):
    accept(build.submission(email="ana@1٣bücher.example"))
    worker.step()
    assert Delivery.objects.get().state == "dead"
    assert smtp.recipients == []
