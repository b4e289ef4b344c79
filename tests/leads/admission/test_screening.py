"""Screening holds suspicious enquiries with all reasons; it never refuses one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.actions.change_status import change_status
from leads.admission.admit import admit_waiting
from leads.admission.screening import Screening, nearly_same
from leads.models import Lead, Quarantine, ScreeningRules, Submission
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


def test_an_ordinary_enquiry_becomes_a_lead():
    assert accept(build.submission()).lead
    assert not Quarantine.objects.exists()


def test_a_filled_honeypot_is_stored_and_held(client):
    good = client.post("/contact/", build.enquiry())
    bad = client.post("/contact/", build.enquiry(leave_blank="x", email="b@example.com"))
    admit_waiting(timezone.now())
    assert bad.status_code == good.status_code == 303
    held = Quarantine.objects.get()
    assert held.reasons == ["A field that people do not see was filled in."]
    assert (held.submission.email, held.submission.lead) == ("b@example.com", None)
    assert Lead.objects.count() == 1


def test_a_held_enquiry_sent_again_is_stored_once(client):
    data = build.enquiry(leave_blank="x")
    assert client.post("/contact/", data)["Location"] == client.post("/contact/", data)["Location"]
    admit_waiting(timezone.now())
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
        ({}, {"email": "a@gmial.com"}, []),  # a mistyped address: the form suggests a correction
        ({"disposable_domains": False}, {"email": "a@mailinator.com"}, []),
        ({}, {"space_requirements": "See https://a.example and www.b.example"}, []),
        ({}, {"space_requirements": "https://a.example " * 3}, ["It holds 3 links."]),
        ({"links_max": 0}, {"space_requirements": "www.example.com desks"}, ["It holds 1 links."]),
    ],
)
def test_the_rules_hold_an_enquiry_with_their_reasons(rules, changes, reasons):
    ScreeningRules.objects.create(**rules)
    submission = build.submission(**changes)
    submission.save()
    assert Screening([submission]).reasons_to_hold(submission, None) == reasons


def test_enquiries_over_the_hourly_limit_of_a_client_are_held():
    ScreeningRules.objects.create(accepted_per_hour=2)
    times = [0, 10, 20, 30, 71]
    leads = [
        accept(
            build.submission(
                client="a", received_at=build.NOON + timedelta(minutes=minutes), space_requirements=f"{minutes} desks"
            )
        ).lead
        for minutes in times
    ]
    assert [lead is not None for lead in leads] == [True, True, False, False, True]
    assert Quarantine.objects.latest("id").reasons == ["More than 2 enquiries came from one address within an hour."]
    assert accept(build.submission(client="b", received_at=build.NOON)).lead
    for _ in range(3):
        assert accept(
            build.submission(client="", received_at=build.NOON)
        ).lead  # an unknown address is not counted as a client


def test_all_reasons_are_given():
    ScreeningRules.objects.create(words="desks", email_domains="example.com", links_max=0)
    accept(build.submission(leave_blank="x", space_requirements="Desks at https://example.com"))
    assert len(Quarantine.objects.get().reasons) == 4


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("Best SEO services for your company, write to us today.", {"email": "b@example.com", "first_name": "Ben"}),
        ("Best SEO services for your company, write to us now.", {"email": "b@example.com", "last_name": "Cruz"}),
    ],
)
def test_similar_text_of_a_client_under_another_name_is_held(text, others):
    first = "Best SEO services for your company, write to us today."
    assert accept(build.submission(client="a", space_requirements=first)).lead
    again = accept(build.submission(client="a", space_requirements=text, **others))
    assert again.lead is None
    assert again.quarantine.reasons == [
        "Nearly the same text came from the same address under another name within an hour."
    ]
    assert accept(build.submission(client="b", space_requirements=text, **others)).lead


@pytest.mark.parametrize("changes", [{"email": "anna@example.com"}, {"first_name": "Anna"}])
def test_a_person_who_corrects_their_details_is_not_held(changes):
    assert accept(build.submission(client="a")).lead
    assert accept(build.submission(client="a", **changes)).lead


def test_an_office_behind_one_address_is_not_held():
    for number in range(12):
        text = f"{number + 3} {['designers', 'lawyers', 'agents', 'engineers'][number % 4]} for project {number}" * 2
        office = {"client": "office", "email": f"p{number}@acme.example", "first_name": f"Name {number}"}
        assert accept(build.submission(space_requirements=text, **office)).lead, number


@pytest.mark.parametrize(
    ("client", "text", "is_held"),
    [
        ("spammer", "An enquiry of my own: ten desks in Cebu.", True),
        ("elsewhere", "Cheap pills, buy now, best price, fast shipping!!", True),
        ("elsewhere", "An enquiry of my own: ten desks in Cebu.", False),
        ("", "An enquiry of my own: ten desks in Cebu.", False),
    ],
)
def test_a_spam_mark_applies_to_client_and_similar_text(client, text, is_held):
    spam = {"client": "spammer", "space_requirements": "Cheap pills, buy now, best price, fast shipping!"}
    lead = accept(build.submission(**spam)).lead
    assert lead
    change_status(lead, "spam", actor=build.staff("Sales"), at=build.NOON)
    later = build.NOON + timedelta(days=1)
    assert (accept(build.submission(client=client, space_requirements=text, received_at=later)).lead is None) == is_held


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ten designers in Makati by March.", "ten designers in makati by march", True),
        ("Ten designers in Makati by March.", "Twenty lawyers in Cebu by June.", False),
        ("我们需要十名会说英语的客服人员", "我们需要十名会说英语的客服人员。", True),
        ("我们需要十名会说英语的客服人员", "请联系我们讨论财务外包", False),
        ("x", "x", True),
        ("", "Ten designers", False),
    ],
)
def test_similar_texts_are_recognised(one, other, same):
    assert nearly_same(one, other) is same
