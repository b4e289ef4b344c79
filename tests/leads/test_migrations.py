"""Migrations convert the leads and messages of earlier versions."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from leads.models import Lead, Submission
from leads.outbox import worker
from leads.outbox.models import Delivery
from leads.triage.search import search_leads
from tests import build


def migrate_to(*targets: tuple[str, str]):
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


@pytest.mark.django_db(transaction=True)
def test_leads_of_earlier_versions_get_a_clock_and_search_text():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        before = migrate_to(("leads", "0005_quarantine"), ("outbox", "0001_initial"))
        for number, status in enumerate(["new", "contacted", "won"]):
            at = build.NOON + timedelta(days=number)
            person = {
                "first_name": "José", "last_name": "Reyes", "email": f"{status}@acme.com",
                "phone": f"+63917000000{number}",
            }  # fmt: skip
            lead = before.get_model("leads", "Lead").objects.create(
                **person, status=status, created_at=at, last_submission_at=at
            )
            before.get_model("leads", "Submission").objects.create(
                **person, lead=lead, key=f"key {number}", reference=f"{number:08}", received_at=at,
                phone_as_typed="0917", space_requirements="Ten desks", page="/contact/",
            )  # fmt: skip
    finally:
        migrate_to(*latest)
    new, contacted, won = Lead.objects.order_by("created_at")
    assert (new.waiting_since, new.due_at) == (build.NOON, build.NOON + timedelta(hours=1))
    assert (new.reminded, new.escalated) == (True, True)  # no reminders for all old leads at once
    assert (contacted.due_at, contacted.closed_at) == (None, None)
    assert won.closed_at == won.created_at
    assert (won.first_page, won.surname_at_domain) == ("/contact/", "reyes@acme.com")
    assert set(search_leads(Lead.objects.all(), "jose desks")) == {new, contacted, won}


@pytest.mark.django_db(transaction=True)
def test_pending_messages_of_earlier_versions_are_sent():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        before = migrate_to(("leads", "0008_search_index"), ("outbox", "0002_reply"))
        lead = before.get_model("leads", "Lead").objects.create(
            first_name="Ana", last_name="Reyes", email="ana@acme.com", phone="+639170000000",
            created_at=build.NOON, last_submission_at=build.NOON,
        )  # fmt: skip
        submission = before.get_model("leads", "Submission").objects.create(
            first_name="Ana", last_name="Reyes", email="ana@acme.com", phone="+639170000000", lead=lead, key="key",
            reference="7KQ2M4XW", received_at=build.NOON, phone_as_typed="0917", space_requirements="Ten desks",
        )  # fmt: skip
        endpoint = before.get_model("outbox", "Endpoint").objects.create(url="https://crm.example/hook")
        for kind, recipient, state in [
            ("alert", "sales@site.example", "pending"),
            ("acknowledgement", "ana@acme.com", "pending"),
            ("webhook", endpoint.url, "pending"),
            ("alert", "other@site.example", "sent"),
        ]:
            before.get_model("outbox", "Delivery").objects.create(
                kind=kind, recipient=recipient, state=state, submission=submission,
                endpoint=endpoint if kind == "webhook" else None,
            )  # fmt: skip
        before.get_model("leads", "Identity").objects.create(lead=lead, key="phone:+639170000000:reyes")
        before.get_model("leads", "Identity").objects.create(lead=lead, key="email:ana@acme.com")
    finally:
        migrate_to(*latest)
    stored = Submission.objects.get()
    assert not stored.waiting
    alert, acknowledgement, event, sent = build.deliveries(stored).order_by("id")
    assert (sent.state, sent.body) == ("sent", "")
    assert alert.subject == "Ana Reyes sent an enquiry (7KQ2-M4XW)"
    assert "Ten desks" in alert.body
    assert acknowledgement.body.startswith("Dear Ana Reyes,")
    assert (event.purpose, event.channel) == ("event", "webhook")
    assert json.loads(event.body)["data"]["space_requirements"] == "Ten desks"
    Delivery.objects.filter(channel="webhook").delete()
    while worker.step():
        pass
    assert {message.to[0] for message in mail.outbox} == {"sales@site.example", "ana@acme.com"}
    assert [identity.key for identity in Lead.objects.get().identities.all()] == ["email:ana@acme.com"]
