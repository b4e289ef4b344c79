"""New leads are assigned in turn to the members of Sales."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connections

from leads.admission.admit import admit_waiting
from leads.intake import store
from leads.models import Lead, SalesSettings
from tests import build
from tests.build import accept
from tests.support.databases import needs_concurrent_writes

IN_TURN = SalesSettings.Assignment.IN_TURN


@pytest.fixture
def team():
    return [build.staff("Sales", email=f"member{number}@site.example") for number in range(3)]


@pytest.mark.django_db
def test_manual_assignment_leaves_a_lead_without_owner(team):
    assert build.lead().owner is None


@pytest.mark.django_db
def test_assignment_in_turn_cycles_through_the_team(team):
    SalesSettings.objects.create(assignment=IN_TURN)
    assert [build.lead().owner for _ in range(7)] == [*team, *team, team[0]]


@pytest.mark.django_db
def test_absent_inactive_and_other_users_are_skipped(team):
    rules = SalesSettings.objects.create(assignment=IN_TURN)
    rules.away.add(team[1])
    team[2].is_active = False
    team[2].save()
    build.staff("Editors")
    assert [build.lead().owner for _ in range(3)] == [team[0]] * 3
    rules.away.add(team[0])
    assert build.lead().owner is None
    rules.away.clear()
    assert build.lead().owner == team[1]


@pytest.mark.django_db
def test_only_the_owner_is_alerted(team):
    SalesSettings.objects.create(assignment=IN_TURN)
    alerts = build.deliveries(build.lead().submissions.get()).filter(purpose="alert")
    assert [alert.recipient for alert in alerts] == [team[0].email]


@pytest.mark.django_db
def test_later_enquiries_and_the_canary_keep_the_turn(team):
    SalesSettings.objects.create(assignment=IN_TURN)
    lead = build.lead()
    accept(build.submission(email=lead.email, phone=lead.phone))
    canary = build.lead(is_canary=True)
    assert canary.owner is None
    assert build.lead().owner == team[1]


@needs_concurrent_writes
@pytest.mark.django_db(transaction=True)
def test_simultaneous_enquiries_are_assigned_evenly():
    call_command("migrate", verbosity=0)
    team = [build.staff("Sales") for _ in range(3)]
    SalesSettings.objects.create(assignment=IN_TURN)

    def create_lead(_: int) -> None:
        build.lead()
        connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(create_lead, range(24)))
    assert [Lead.objects.filter(owner=member).count() for member in team] == [8, 8, 8]


@pytest.mark.django_db
def test_without_a_team_a_lead_has_no_owner():
    SalesSettings.objects.create(assignment=IN_TURN)
    assert build.lead().owner is None


@pytest.mark.django_db
def test_a_batch_is_assigned_in_turn(team):
    SalesSettings.objects.create(assignment=IN_TURN, last_in_turn=team[0])
    for number in range(5):
        store(build.submission(email=f"p{number}@example.com"))
    admit_waiting(build.NOON)
    owners = [lead.owner for lead in Lead.objects.order_by("id")]
    assert owners == [team[1], team[2], team[0], team[1], team[2]]
    assert SalesSettings.objects.get().last_in_turn == team[2]
