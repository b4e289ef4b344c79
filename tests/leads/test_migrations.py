"""What was stored by an earlier version is there in the inbox of this one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from leads.models import Lead
from leads.triage.search import search_leads
from tests import build


def migrate_to(*targets: tuple[str, str]):
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


@pytest.mark.django_db(transaction=True)
def test_leads_from_before_the_inbox_have_a_clock_and_are_found():
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
    assert (new.reminded, new.escalated) == (True, True)  # nobody is told of hundreds at once
    assert (contacted.due_at, contacted.closed_at) == (None, None)
    assert won.closed_at == won.created_at
    assert (won.first_page, won.surname_at_domain) == ("/contact/", "reyes@acme.com")
    assert set(search_leads(Lead.objects.all(), "jose desks")) == {new, contacted, won}
