"""Simultaneous enquiries on separate database connections."""

import pytest
from django.test import Client
from django.utils import timezone

from leads.admission.admit import admit_waiting
from leads.intake import store
from leads.models import Event, Lead, Submission
from tests import build
from tests.support.simultaneous import CONNECTIONS, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_sixteen_identical_posts_store_one_enquiry():
    data = build.enquiry()
    responses = at_once(lambda _: Client().post("/contact/", data))
    assert {response.status_code for response in responses} == {303}
    assert len({response["Location"] for response in responses}) == 1
    assert Submission.objects.count() == 1
    admit_waiting(timezone.now())
    assert (Lead.objects.count(), Event.objects.count()) == (1, 1)


def test_the_same_post_from_sixteen_networks_is_stored_once():
    """For example IPv4 and IPv6, or Wi-Fi and mobile."""
    data = build.enquiry()
    addresses = [f"203.0.113.{number}" if number % 2 else f"2001:db8:{number}::1" for number in range(CONNECTIONS)]
    responses = at_once(lambda number: Client(REMOTE_ADDR=addresses[number]).post("/contact/", data))
    assert len({response["Location"] for response in responses}) == 1
    assert Submission.objects.count() == 1


def test_sixteen_texts_with_one_question_are_sixteen_enquiries():
    """Everybody who opens the form within the same ten minutes has the same question."""
    data = build.enquiry()
    responses = at_once(
        lambda number: Client().post("/contact/", {**data, "space_requirements": f"{number} desks in Makati"})
    )
    assert {response.status_code for response in responses} == {303}
    assert len({response["Location"] for response in responses}) == CONNECTIONS
    assert Submission.objects.count() == CONNECTIONS


def test_sixteen_enquiries_of_one_person_join_one_lead():
    at_once(lambda number: store(build.submission(space_requirements=f"{number} desks in Makati")))
    while admit_waiting(timezone.now(), limit=5):
        pass
    lead = Lead.objects.get()
    assert lead.submissions.count() == CONNECTIONS
    assert lead.wrote_again is True
    kinds = sorted(event.kind for event in lead.events.all())
    assert kinds == [Event.Kind.OPENED] + [Event.Kind.WROTE_AGAIN] * (CONNECTIONS - 1)
