"""The status of a lead and its allowed changes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from leads.actions.activity import assign
from leads.actions.change_status import StaleLeadError, WrongMoveError, change_status
from leads.models import MOVES, Event, Lead, Quarantine, Status
from tests import build

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
LATER = build.NOON + timedelta(days=1)
EVERY_MOVE = [(one, other) for one in Status for other in Status if one != other]


@pytest.fixture
def ben():
    return build.staff("Sales", first_name="Ben", last_name="Cruz")


def lead_with_status(status: str) -> Lead:
    lead = build.lead()
    Lead.objects.filter(pk=lead.pk).update(status=status)
    lead.refresh_from_db()
    return lead


@pytest.mark.parametrize(("one", "other"), EVERY_MOVE)
def test_the_table_of_moves_decides_every_change(ben, one, other):
    lead = lead_with_status(one)
    if other in MOVES[one]:
        change_status(lead, other, actor=ben, at=LATER, reason="No budget")
        lead.refresh_from_db()
        assert lead.status == other
        event = lead.events.get(kind=Event.Kind.STATUS)
        assert event.detail.startswith(f"{one.label} → {other.label}")
        assert (event.actor, event.at) == (ben, LATER)
        assert (lead.closed_at == LATER) == (other in (Status.WON, Status.LOST, Status.SPAM))
    else:
        with pytest.raises(WrongMoveError, match=f"“{one.label}”, which cannot become “{other.label}”"):
            change_status(lead, other, actor=ben, at=LATER, reason="No budget")
        lead.refresh_from_db()
        assert (lead.status, lead.version) == (one, 0)


def test_a_lost_lead_needs_a_reason(ben):
    lead = build.lead()
    with pytest.raises(WrongMoveError, match="Say why Ana Reyes was lost"):
        change_status(lead, Status.LOST, actor=ben, at=LATER, reason="  ")
    change_status(lead, Status.LOST, actor=ben, at=LATER, reason=" Too expensive ")
    lead.refresh_from_db()
    assert lead.lost_reason == "Too expensive"
    assert lead.events.latest("id").detail == "New → Lost: Too expensive"
    change_status(lead, Status.CONTACTED, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert (lead.lost_reason, lead.closed_at) == ("", None)


def test_an_unchanged_status_changes_nothing(ben):
    lead = build.lead()
    change_status(lead, Status.NEW, actor=ben, at=LATER)
    assert lead.events.count() == 1


def test_a_move_stops_the_clock_and_closing_ends_the_follow_up(ben):
    lead = build.lead()
    Lead.objects.filter(pk=lead.pk).update(follow_up_on="2026-12-01", wrote_again=True)
    change_status(lead, Status.CONTACTED, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert (lead.due_at, lead.wrote_again, str(lead.follow_up_on)) == (None, False, "2026-12-01")
    assert lead.response_minutes == 9 * 60
    change_status(lead, Status.WON, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert lead.follow_up_on is None


def test_spam_does_not_count_as_answered(ben):
    lead = build.lead()
    change_status(lead, Status.SPAM, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert (lead.due_at, lead.response_minutes) == (None, None)
    change_status(lead, Status.NEW, actor=ben, at=LATER)
    lead.refresh_from_db()
    assert lead.due_at is not None


def test_a_stale_change_is_refused_and_overwrites_nothing(ben):
    lead = build.lead()
    ana = build.staff("Sales")
    change_status(lead, Status.CONTACTED, actor=ben, at=LATER, version=0)
    with pytest.raises(StaleLeadError, match=f"{ben} changed this lead .* New → Contacted"):
        change_status(lead, Status.LOST, actor=ana, at=LATER, reason="x", version=0)
    with pytest.raises(StaleLeadError):
        assign(lead, ana, actor=ana, at=LATER, version=0)
    lead.refresh_from_db()
    assert (lead.status, lead.owner, lead.version) == ("contacted", None, 1)
    assign(lead, ana, actor=ana, at=LATER, version=1)


def test_only_one_module_writes_the_status():
    """All other code calls status_fields() of leads/closing.py."""
    writes = re.compile(r"""\.status = |update\([^)]*\bstatus=|["']status["']: (?:Status|Lead)\.""")
    sources = [path for path in (ROOT / "leads").rglob("*.py") if "migrations" not in path.parts]
    assert len(sources) > 60
    assert [path.name for path in sources if writes.search(path.read_text(encoding="utf-8"))] == []


def test_spam_holds_the_enquiries_until_the_lead_is_reopened(ben):
    lead = build.lead()
    change_status(lead, Status.SPAM, actor=ben, at=LATER)
    assert Quarantine.objects.waiting().filter(submission__lead=lead).count() == 1
    change_status(lead, Status.NEW, actor=ben, at=LATER)
    assert not Quarantine.objects.waiting().exists()
