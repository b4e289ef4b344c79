"""Screening holds back, with every reason, and refuses nobody."""

from datetime import timedelta

import pytest

from leads.intake import accept
from leads.models import Lead, Quarantine, ScreeningRules, Submission
from leads.screening import reasons_to_hold
from tests import build

pytestmark = pytest.mark.django_db


def test_an_ordinary_enquiry_goes_straight_to_sales():
    assert accept(build.submission()).lead
    assert not Quarantine.objects.exists()


def test_a_filled_honeypot_is_thanked_stored_and_held(client):
    good = client.post("/contact/", build.enquiry())
    bad = client.post("/contact/", build.enquiry(build.unique_challenge(), leave_blank="x", email="b@example.com"))
    assert bad.status_code == good.status_code == 303
    held = Quarantine.objects.get()
    assert held.reasons == ["A field that people do not see was filled in."]
    assert (held.submission.email, held.submission.lead) == ("b@example.com", None)
    assert Lead.objects.count() == 1


def test_a_held_enquiry_sent_again_is_answered_alike_and_stored_once(client):
    data = build.enquiry(leave_blank="x")
    assert client.post("/contact/", data)["Location"] == client.post("/contact/", data)["Location"]
    assert (Submission.objects.count(), Quarantine.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("rules", "changes", "reasons"),
    [
        ({"words": "casino"}, {"space_requirements": "Our CASINO, needs desks."}, ["It says “casino”."]),
        ({"words": "casino"}, {"space_requirements": "Ｃａｓｉｎｏ desks, ten."}, ["It says “casino”."]),
        ({"words": "casino"}, {"space_requirements": "Casinos are our clients."}, []),
        ({"words": "\n  \n"}, {}, []),
        ({"words": "free   money"}, {"space_requirements": "Get free\nmoney here"}, ["It says “free   money”."]),
        ({"words": "Reyes\nAna"}, {}, ["It says “Reyes”.", "It says “Ana”."]),
        ({"words": "c++ (senior"}, {"space_requirements": "Two C++ (senior) people"}, ["It says “c++ (senior”."]),
        ({"email_domains": "example.com"}, {}, ["The e-mail address is at example.com."]),
        (
            {"email_domains": "@Example.COM"},
            {"email": "a@mail.example.com"},
            ["The e-mail address is at @Example.COM."],
        ),
        ({"email_domains": "ample.com"}, {}, []),
        ({}, {"email": "a@mailinator.com"}, ["The e-mail address is of a provider of throw-away addresses."]),
        ({}, {"email": "a@x.mailinator.com"}, ["The e-mail address is of a provider of throw-away addresses."]),
        ({"disposable_domains": False}, {"email": "a@mailinator.com"}, []),
        ({}, {"space_requirements": "See https://a.example and www.b.example"}, []),
        ({}, {"space_requirements": "https://a.example " * 3}, ["It holds 3 links."]),
        ({"links_max": 0}, {"space_requirements": "www.example.com desks"}, ["It holds 1 links."]),
    ],
)
def test_what_is_held(rules, changes, reasons):
    ScreeningRules.objects.create(**rules)
    submission = build.submission(**changes)
    submission.save()
    assert reasons_to_hold(submission, None) == reasons


def test_more_than_so_many_of_one_client_within_an_hour_are_held():
    ScreeningRules.objects.create(accepted_per_hour=2)
    times = [0, 10, 20, 30, 71]
    leads = [
        accept(build.submission(client="a", received_at=build.NOON + timedelta(minutes=minutes))).lead
        for minutes in times
    ]
    assert [lead is not None for lead in leads] == [True, True, False, False, True]
    assert Quarantine.objects.latest("id").reasons == ["More than 2 enquiries came from one address within an hour."]
    assert accept(build.submission(client="b", received_at=build.NOON)).lead
    for _ in range(3):
        assert accept(build.submission(client="", received_at=build.NOON)).lead  # no address is known: no client


def test_all_reasons_are_given():
    ScreeningRules.objects.create(words="desks", email_domains="example.com", links_max=0)
    accept(build.submission(leave_blank="x", space_requirements="Desks at https://example.com"))
    assert len(Quarantine.objects.get().reasons) == 4
