"""Two leads of one person are merged, and the merge is undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.forms.models import model_to_dict

from leads.actions.change_status import change_status
from leads.actions.merge import MergeError, absorbed_by, merge, undo_merge
from leads.models import Event, Lead, Merge, Status
from tests import build
from tests.build import accept
from tests.support.databases import needs_concurrent_writes

LATER = build.NOON + timedelta(days=1)


@pytest.fixture
def grace():
    return build.staff("Sales managers")


def fresh(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def facts(lead: Lead) -> dict:
    lead = fresh(lead)
    data = model_to_dict(lead, exclude=["version"])
    data["submissions"] = sorted(lead.submissions.values_list("pk", flat=True))
    data["identities"] = sorted(lead.identities.values_list("key", flat=True))
    return data


@pytest.mark.django_db
def test_the_surviving_lead_gets_all_enquiries_and_the_clock(grace):
    surviving, absorbed = build.lead(received_at=LATER), build.lead(received_at=build.NOON)
    change_status(surviving, Status.CONTACTED, actor=grace, at=LATER)
    due = absorbed.due_at
    merge(absorbed, surviving, actor=grace, at=LATER)
    surviving, absorbed = fresh(surviving), fresh(absorbed)
    assert (surviving.submissions.count(), absorbed.submissions.count()) == (2, 0)
    assert (absorbed.status, absorbed.due_at) == (Status.MERGED, None)
    assert (surviving.status, surviving.due_at, surviving.last_submission_at) == (Status.CONTACTED, due, LATER)
    assert surviving.events.latest("id").kind == Event.Kind.MERGED
    assert absorbed_by(surviving) == [absorbed.pk]


@pytest.mark.django_db
def test_enquiries_of_both_addresses_join_the_surviving_lead(grace):
    surviving, absorbed = build.lead(), build.lead()
    merge(absorbed, surviving, actor=grace, at=LATER)
    for known in (surviving, absorbed):
        assert accept(build.submission(email=known.email, phone="+639990000000")).lead == surviving


@needs_concurrent_writes
@pytest.mark.django_db(transaction=True)
def test_an_enquiry_admitted_during_a_merge_joins_the_survivor():
    call_command("migrate", verbosity=0)
    grace = build.staff("Sales managers")
    surviving, absorbed = build.lead(), build.lead()

    def admit_late() -> Lead | None:
        try:
            return accept(build.submission(email=absorbed.email)).lead
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            merge(absorbed, surviving, actor=grace, at=LATER)
            late = pool.submit(admit_late)
            while not a_connection_waits_for_a_lock():
                assert not late.done()
        assert late.result(timeout=30) == surviving


def a_connection_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() != (0,)


@pytest.mark.django_db
def test_merging_a_waiting_lead_reopens_a_closed_lead(grace):
    surviving, absorbed = build.lead(), build.lead()
    change_status(surviving, Status.LOST, actor=grace, at=LATER, reason="No budget")
    before = facts(surviving), facts(absorbed)
    merged = merge(absorbed, surviving, actor=grace, at=LATER)
    assert (fresh(surviving).status, fresh(surviving).closed_at, fresh(surviving).lost_reason) == (Status.NEW, None, "")
    undo_merge(merged, actor=grace, at=LATER)
    assert (facts(surviving), facts(absorbed)) == before


@pytest.mark.django_db
def test_the_surviving_lead_takes_over_reminders_and_owner(grace):
    surviving, absorbed = build.lead(received_at=LATER), build.lead(received_at=build.NOON)
    Lead.objects.filter(pk=absorbed.pk).update(reminded=True, escalated=True, owner=grace)
    merge(absorbed, fresh(surviving), actor=grace, at=LATER)
    assert (fresh(surviving).reminded, fresh(surviving).escalated) == (True, True)
    assert fresh(surviving).owner == grace  # it had none


@pytest.mark.django_db
def test_the_surviving_lead_keeps_its_owner(grace):
    surviving, absorbed = build.lead(), build.lead()
    ben = build.staff("Sales")
    Lead.objects.filter(pk=absorbed.pk).update(owner=grace)
    Lead.objects.filter(pk=surviving.pk).update(owner=ben)
    merge(absorbed, surviving, actor=grace, at=LATER)
    assert fresh(surviving).owner == ben


@pytest.mark.django_db
def test_undoing_a_merge_restores_both_leads(grace):
    surviving, absorbed = build.lead(received_at=LATER), build.lead(received_at=build.NOON)
    change_status(surviving, Status.CONTACTED, actor=grace, at=LATER)
    Lead.objects.filter(pk=absorbed.pk).update(follow_up_on="2026-12-01")
    before = facts(surviving), facts(absorbed)
    undo_merge(merge(absorbed, surviving, actor=grace, at=LATER), actor=grace, at=LATER)
    assert (facts(surviving), facts(absorbed)) == before
    assert fresh(surviving).events.latest("id").kind == fresh(absorbed).events.latest("id").kind == Event.Kind.UNMERGED


@pytest.mark.django_db
def test_undoing_a_merge_keeps_later_changes(grace):
    surviving, absorbed = build.lead(), build.lead()
    merged = merge(absorbed, surviving, actor=grace, at=LATER)
    change_status(surviving, Status.QUALIFIED, actor=grace, at=LATER)
    undo_merge(merged, actor=grace, at=LATER)
    assert (fresh(surviving).status, fresh(surviving).due_at) == (Status.QUALIFIED, None)
    assert fresh(absorbed).status == Status.NEW


@pytest.mark.django_db
def test_invalid_merges_are_refused_and_change_nothing(grace):
    one, other, third = build.lead(), build.lead(), build.lead()
    with pytest.raises(MergeError, match="the same lead"):
        merge(one, one, actor=grace, at=LATER)
    first = merge(one, other, actor=grace, at=LATER)
    with pytest.raises(MergeError, match="was merged meanwhile"):
        merge(one, third, actor=grace, at=LATER)
    merge(other, third, actor=grace, at=LATER)
    assert sorted(absorbed_by(third)) == sorted([one.pk, other.pk])
    with pytest.raises(MergeError, match="undo that first"):
        undo_merge(first, actor=grace, at=LATER)
    assert Merge.objects.get(pk=first.pk).undone_at is None
    undo_merge(Merge.objects.get(lead=other), actor=grace, at=LATER)
    undo_merge(first, actor=grace, at=LATER)
    with pytest.raises(MergeError, match="undid this merge before"):
        undo_merge(first, actor=grace, at=LATER)
    assert [fresh(lead).submissions.count() for lead in (one, other, third)] == [1, 1, 1]
    merge(one, other, actor=grace, at=LATER)  # a merge that was undone can be repeated


@needs_concurrent_writes
@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_merges_one_is_refused():
    call_command("migrate", verbosity=0)
    grace = build.staff("Sales managers")
    one, other = build.lead(), build.lead()

    def attempt(pair: tuple[Lead, Lead]) -> bool:
        try:
            merge(*pair, actor=grace, at=LATER)
        except MergeError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, [(one, other), (other, one)])) == [False, True]
    assert Lead.objects.filter(status=Status.MERGED).count() == 1
