from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.capture.canary_mark import MARK, make_mark
from leads.capture.challenge import Challenge
from leads.capture.forms import submission_key
from leads.models import Submission
from tests import build
from tests.support.pages import hidden_value, right_answer, text_of

pytestmark = pytest.mark.django_db

FIELDS = ["first_name", "last_name", "phone", "email", "space_requirements", "math_answer"]
LABELS = ["First Name", "Last Name", "Phone Number", "Email Address", "Space Requirements", "Math Question"]


def post(client, data, **extra):
    return client.post("/contact/", data, **extra)


def test_the_contact_page_has_the_form(client):
    response = client.get("/contact/")
    page = text_of(response)
    assert response.status_code == 200
    for name, label in zip(FIELDS, LABELS, strict=True):
        assert f'<label for="id_{name}">{label}' in page
    assert "Be specific in skills required, number of employees, and timeline." in page
    assert 'action="/contact/"' in page
    assert "csrf" not in page


def test_a_valid_enquiry_is_stored_and_gets_a_reference(client):
    response = post(client, build.enquiry())
    submission = Submission.objects.get()
    assert response.status_code == 303
    code = f"{submission.reference[:4]}-{submission.reference[4:]}"
    assert response["Location"] == f"/contact/thanks/?ref={code}"
    assert code in text_of(client.get(response["Location"]))


def test_every_value_is_stored_normalised(client):
    requirements = "Ten designers.\r\nMakati.\r\n"
    data = build.enquiry(phone=" 0917 123 4567 ", email="Ana@EXAMPLE.com", space_requirements=requirements, page="/")
    assert post(client, data).status_code == 303
    submission = Submission.objects.get()
    assert (submission.first_name, submission.last_name) == ("Ana", "Reyes")
    assert (submission.phone, submission.phone_as_typed) == ("+639171234567", "0917 123 4567")
    assert submission.email == "Ana@example.com"
    assert submission.space_requirements == "Ten designers.\nMakati."
    assert submission.page == "/"
    assert submission.waiting


def test_a_phone_extension_is_stored(client):
    post(client, build.enquiry(phone="(02) 8123 4567 local 105"))
    submission = Submission.objects.get()
    assert (submission.phone, submission.phone_extension) == ("+63281234567", "105")


def test_the_sum_may_be_written_as_a_word(client):
    challenge = next(c for c in iter(build.unique_challenge, None) if sum(c.numbers) == 11)
    assert post(client, build.enquiry(challenge, math_answer=" Eleven ")).status_code == 303


def test_a_filled_honeypot_is_stored_with_the_rest(client):
    assert post(client, build.enquiry(leave_blank="http://spam.example")).status_code == 303
    assert Submission.objects.get().leave_blank == "http://spam.example"


@pytest.mark.parametrize("page", ["", "https://evil.example/", "javascript:alert(1)"])
def test_a_page_that_is_no_path_is_not_stored(client, page):
    assert post(client, build.enquiry(page=page)).status_code == 303
    assert Submission.objects.get().page == ""


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_shows_an_error(client, name):
    data = build.enquiry()
    del data[name]
    response = post(client, data)
    page = text_of(response)
    assert response.status_code == 422
    assert "<title>Error: " in page
    assert f'<a href="#id_{name}">' in page  # the summary links to the field
    assert f'<p class="error" id="id_{name}_error">' in page
    described_by = page.partition(f' id="id_{name}">')[0].rpartition("aria-describedby=")[2]
    assert f"id_{name}_error" in described_by.partition(">")[0]
    assert not Submission.objects.exists()


def test_an_invalid_form_keeps_every_value(client):
    typed = {
        "first_name": "Ana <b>",
        "last_name": "O'Brien",
        "phone": "12",
        "email": "ana@@example.com",
        "space_requirements": "Line one\nLine <two>",
    }
    page = text_of(post(client, build.enquiry(None, **typed)))
    assert 'value="Ana &lt;b&gt;"' in page
    assert 'value="O&#x27;Brien"' in page
    assert 'value="12"' in page
    assert 'value="ana@@example.com"' in page
    assert "Line one\nLine &lt;two&gt;</textarea>" in page
    assert 'name="page" value="/contact/"' in page


def test_the_error_summary_has_autofocus(client):
    page = text_of(post(client, build.enquiry(phone="12")))
    assert '<div class="error-summary" role="alert" tabindex="-1" autofocus' in page


def test_a_correct_answer_is_kept_in_an_invalid_form(client):
    data = build.enquiry(phone="12")
    page = text_of(post(client, data))
    assert f'value="{data["math_answer"]}"' in page
    assert data["math_challenge"] in page
    assert post(client, build.enquiry()).status_code == 303


EXPIRED_AT = timezone.now() - timedelta(hours=49)
EXPIRED = Challenge("old", int(EXPIRED_AT.timestamp()))


@pytest.mark.parametrize(
    "changes",
    [
        {"math_answer": "99"},
        {"math_answer": "I am not a robot"},
        {"math_challenge": EXPIRED.token, "math_answer": str(sum(EXPIRED.numbers))},
        {"math_challenge": "forged.1795445704:AAAA"},
        {"math_challenge": ""},
    ],
    ids=["wrong", "words", "expired", "forged", "missing"],
)
def test_a_wrong_answer_gets_a_new_question_and_keeps_the_form(client, changes):
    data = build.enquiry(**changes)
    response = post(client, data)
    page = text_of(response)
    assert response.status_code == 422
    assert not Submission.objects.exists()
    assert 'value="Ana"' in page
    assert "Ten designers in Makati by March.</textarea>" in page
    token = hidden_value(page, "math_challenge")
    assert token != data["math_challenge"]
    again = post(client, {**data, "math_challenge": token, "math_answer": right_answer(page)})
    assert again.status_code == 303
    assert Submission.objects.count() == 1


def test_the_same_enquiry_again_is_stored_once(client):
    data = build.enquiry()
    first = post(client, data)
    second = post(client, data)
    assert (second.status_code, second["Location"]) == (303, first["Location"])
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Anna"},
        {"last_name": "Cruz"},
        {"email": "ben@example.com"},
        {"phone": "0918 123 4567"},
        {"phone": "0917 123 4567 ext. 12"},
        {"space_requirements": "And five accountants by April."},
    ],
)
def test_another_person_or_text_is_another_enquiry(client, changes):
    data = build.enquiry()
    first, second = post(client, data), post(client, {**data, **changes})
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] != second["Location"]
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [{"phone": "+63 917 123-4567"}, {"space_requirements": "Ten designers in Makati by March.\r\n"}, {"page": "/"}],
    ids=["the number in another notation", "a line break at the end", "another page"],
)
def test_equal_content_in_another_notation_is_the_same_enquiry(client, changes):
    data = build.enquiry()
    assert post(client, data)["Location"] == post(client, {**data, **changes})["Location"]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("address", ["203.0.113.2", "2001:db8::1"])
def test_the_same_post_from_another_network_is_the_same_enquiry(client, address):
    data = build.enquiry()
    first = post(client, data, REMOTE_ADDR="203.0.113.1")
    second = post(client, data, REMOTE_ADDR=address)
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1


def test_an_accepted_post_takes_a_single_insert(client):
    client.get("/contact/")  # the process then has the phone lines in its cache
    with CaptureQueriesContext(connection) as queries:
        assert post(client, build.enquiry()).status_code == 303
    assert [query["sql"].partition(" (")[0] for query in queries] == ['INSERT INTO "leads_submission"']


def test_the_canary_is_recognised_by_its_signature(client):
    post(client, build.enquiry(space_requirements=make_mark()))
    post(client, build.enquiry(space_requirements=f"{MARK}forged:signature"))
    assert sorted(Submission.objects.values_list("is_canary", flat=True)) == [False, True]


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_the_form_refuses_other_methods(client, method):
    assert getattr(client, method)("/contact/").status_code == 405


def test_answers_to_posts_are_not_cached(client):
    for data in [build.enquiry(), build.enquiry(phone="12")]:
        assert post(client, data)["Cache-Control"] == "no-store"


def test_a_post_sets_no_cookie(client):
    post(client, build.enquiry())
    post(client, build.enquiry(phone="12"))
    assert not client.cookies


def test_thanks_without_a_valid_reference_shows_none(client):
    for url in ["/contact/thanks/", "/contact/thanks/?ref=", "/contact/thanks/?ref=<script>", "/contact/thanks/?ref=7"]:
        response = client.get(url)
        assert response.status_code == 200
        assert "Your reference" not in text_of(response)
        assert "<script>" not in text_of(response)


def test_thanks_refuses_posts_and_is_not_cached(client):
    assert client.post("/contact/thanks/").status_code == 405
    assert client.get("/contact/thanks/?ref=7KQ2-M4XW")["Cache-Control"] == "no-store"


def test_a_new_empty_field_does_not_change_the_key():
    content = {
        "first_name": "Ana", "last_name": "Reyes", "phone": "+639171234567", "phone_extension": "12",
        "phone_as_typed": "0917", "email": "ana@example.com", "space_requirements": "Ten desks",
    }  # fmt: skip
    key = submission_key("w1", content)
    assert key == "b4bfb47dce5b0cde353bc16dca9010c41c5fdc5183a64f22ce1774d73e168516"  # the key of earlier releases
    assert submission_key("w1", {**content, "company_name": ""}) == key
    assert submission_key("w1", {**content, "company_name": "Acme"}) != key
