"""Real connections, all in the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from leads.intake import accept
from leads.models import Event, Lead, Submission
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 16


def at_once(call: Callable[[int], Any], times: int = CONNECTIONS) -> list[Any]:
    """What `call(0)` to `call(times - 1)` return, each on a connection of its own, begun together."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_sixteen_clicks_store_one_row_and_get_sixteen_identical_redirects():
    data = build.enquiry()
    responses = at_once(lambda _: Client().post("/contact/", data))
    assert {response.status_code for response in responses} == {303}
    assert len({response["Location"] for response in responses}) == 1
    assert (Submission.objects.count(), Lead.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_sixteen_texts_under_one_key_store_one_and_ask_the_others_anew():
    data = build.enquiry()
    responses = at_once(
        lambda number: Client().post("/contact/", {**data, "space_requirements": f"{number} desks in Makati"})
    )
    assert sorted(response.status_code for response in responses) == [303] + [422] * (CONNECTIONS - 1)
    assert Submission.objects.count() == 1


def test_sixteen_enquiries_of_one_person_meet_in_one_lead():
    at_once(lambda _: accept(build.submission()))
    lead = Lead.objects.get()
    assert lead.submissions.count() == CONNECTIONS
    assert lead.wrote_again is True
    kinds = sorted(event.kind for event in lead.events.all())
    assert kinds == [Event.Kind.OPENED] + [Event.Kind.WROTE_AGAIN] * (CONNECTIONS - 1)


def test_one_person_with_sixteen_addresses_meets_in_one_lead():
    at_once(lambda number: accept(build.submission(email=f"ana{number}@example.com")))
    assert Lead.objects.get().submissions.count() == CONNECTIONS


def test_sixteen_people_get_sixteen_leads():
    at_once(
        lambda number: accept(build.submission(email=f"person{number}@example.com", phone=f"+6391700000{number:02d}"))
    )
    assert Lead.objects.count() == CONNECTIONS
