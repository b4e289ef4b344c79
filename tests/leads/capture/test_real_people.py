"""Unusual input of real people that an earlier version refused."""

import pytest

from leads.models import Submission
from tests import build

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("space_requirements", "需要十名会说英语", "需要十名会说英语"),
        ("space_requirements", "5 agents", "5 agents"),
        ("last_name", "-", "-"),
        ("last_name", ".", "."),
        ("first_name", "-", "-"),
        ("first_name", "A.Net", "A.Net"),
        ("last_name", "J.Info", "J.Info"),
        ("last_name", "St.John/Smith", "St.John/Smith"),
        ("first_name", "Ana\tMaria", "Ana Maria"),
        ("last_name", "x" * 85, "x" * 85),
        ("first_name", "Ana\u200b", "Ana"),
        ("first_name", "\ufeffAna\u202e", "Ana"),
        ("email", "ana@example.com\u200b", "ana@example.com"),
        ("email", "Ana Reyes <ana@example.com>", "ana@example.com"),
        ("email", "mailto:ana@example.com", "ana@example.com"),
        ("email", "ana@example.com.", "ana@example.com"),
        ("email", "ana@example.com,", "ana@example.com"),
        ("email", "ana＠example.com", "ana@example.com"),
        ("email", "josé@example.com", "josé@example.com"),
    ],
)
def test_unusual_valid_input_is_accepted(client, field, typed, kept):
    response = client.post("/contact/", build.enquiry(**{field: typed}))
    assert response.status_code == 303, response.content.decode()
    assert getattr(Submission.objects.get(), field) == kept


@pytest.mark.parametrize("decorated", ["= {}", "+{}", "{},", "({})", "{}.", " {} ", "{}!"])
def test_an_answer_may_have_punctuation(client, decorated):
    data = build.enquiry()
    data["math_answer"] = decorated.format(data["math_answer"])
    assert client.post("/contact/", data).status_code == 303


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_name": "https://casino.example"}, "without a web address"),
        ({"last_name": "www.casino.example"}, "without a web address"),
        ({"first_name": "-", "last_name": "-"}, "Write your name with letters."),
        ({"space_requirements": "x"}, "a little more"),
        ({"last_name": "x" * 201}, "200"),
        ({"email": "ana@example.com, ben@example.com"}, "one e-mail address"),
    ],
)
def test_invalid_input_is_refused_and_kept(client, changes, sentence):
    response = client.post("/contact/", build.enquiry(**changes))
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    for value in changes.values():
        assert value in page


def test_a_mononym_is_shown_without_the_placeholder():
    lead = build.lead(first_name="Suharto", last_name="-")
    assert str(lead) == lead.full_name == "Suharto"
    assert build.deliveries(lead.submissions.get()).filter(body__contains="Dear Suharto,").exists()
