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


def test_staff_read_what_was_sent_and_answer_the_prospect(smtp, silent):
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


def test_the_prospect_reads_what_happens_next_in_text_and_html(smtp):
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
    ("told", "state"),
    [
        ({"answer": "451 later"}, "pending"),
        ({"answer": "554 no"}, "dead"),
        ({"answer": "hang up"}, "pending"),
        ({"to_recipient": "550 nobody here"}, "dead"),
        ({"to_recipient": "450 not now"}, "pending"),
    ],
)
def test_what_helps_is_tried_again_and_what_does_not_is_given_up(smtp, silent, told, state):
    for name, value in told.items():
        setattr(smtp, name, value)
    accept(build.submission())
    worker.step()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (state, 1)
    assert delivery.last_error


def test_a_mail_server_that_is_away_is_tried_again(settings, silent):
    settings.MAILERS = smtp_at(1)
    accept(build.submission())
    worker.step()
    delivery = Delivery.objects.get()
    assert delivery.state == "pending"
    assert "refused" in delivery.last_error


def test_the_second_attempt_is_the_same_message(smtp, silent):
    accept(build.submission())
    worker.step()
    Delivery.objects.update(state="pending")  # as if the worker had died after sending
    Delivery.objects.update(next_attempt_at=build.NOON)
    worker.step()
    one, other = smtp.messages
    assert one["Message-ID"] == other["Message-ID"]


def test_without_a_mail_server_mail_is_a_file(settings, tmp_path: Path, silent):
    settings.VAR_DIR = tmp_path
    settings.MAILERS = {"default": {"BACKEND": "leads.outbox.channels.eml.EmlBackend", "OPTIONS": {}}}
    accept(build.submission(received_at=timezone.now()))
    call_command("deliver", "--once")
    (path,) = (tmp_path / "mail").glob("*.eml")
    assert "Ten designers in Makati by March." in path.read_text()
    assert Delivery.objects.get().state == "sent"
    assert django_mail.outbox == []


@pytest.mark.parametrize("email", ["josé@example.com", "я" * 33 + "@example.com", "josé@bücher.example"])
def test_a_local_part_that_is_not_ascii_goes_by_smtputf8_as_it_is(settings, email):
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


def test_a_server_without_smtputf8_refuses_it_and_no_other_mailbox_gets_it(smtp):
    accept(build.submission(email="josé@example.com"))
    worker.step()
    delivery = Delivery.objects.get()
    assert delivery.state == "dead"
    assert "SMTPUTF8" in delivery.last_error
    assert smtp.recipients == []


@pytest.mark.parametrize("email", ["ana@bücher.example", "ana@xn--bcher-kva.example"])
def test_a_domain_that_is_not_ascii_is_written_as_mail_servers_know_it(smtp, email):
    accept(build.submission(email=email))
    worker.step()
    assert smtp.recipients == ["ana@xn--bcher-kva.example"]


def test_a_domain_that_cannot_be_written_is_given_up(smtp):
    accept(build.submission(email="ana@1٣bücher.example"))
    worker.step()
    assert Delivery.objects.get().state == "dead"
    assert smtp.recipients == []
