"""Malformed and forged posts: answered by a 4xx page, never by a 5xx, and nothing is stored."""

from urllib.parse import urlencode

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leads.admission.admit import admit_waiting
from leads.capture.challenge import Challenge
from leads.capture.guard import MAX_BODY_BYTES
from leads.models import Submission
from leads.normalise import NAME_MAX, REQUIREMENTS_MAX
from tests import build

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


def post(client, body: bytes, content_type: str = FORM, **headers):
    return client.generic("POST", "/contact/", body, content_type=content_type, headers=headers)


def assert_page(response, status: int) -> None:
    assert response.status_code == status
    assert b"<h1>" in response.content
    assert not Submission.objects.exists()


def test_a_cross_site_post_is_refused_with_the_form_filled_in(client):
    response = client.post("/contact/", build.enquiry(), headers={"Sec-Fetch-Site": "cross-site"})
    assert_page(response, 403)
    assert "sent from another site" in response.content.decode()
    assert "Ten designers in Makati by March.</textarea>" in response.content.decode()


def test_a_foreign_origin_is_refused(client):
    assert_page(client.post("/contact/", build.enquiry(), headers={"Origin": "https://evil.example"}), 403)


def test_a_body_over_its_limit_is_refused(client):
    assert_page(post(client, urlencode(build.enquiry(space_requirements="x" * MAX_BODY_BYTES)).encode()), 413)


@pytest.mark.parametrize("letter", ["x", "ñ", "需", "😀"])
def test_a_text_over_its_limit_is_kept_with_an_error_beside_it(client, letter):
    typed = letter * 4 * REQUIREMENTS_MAX
    response = post(client, urlencode(build.enquiry(space_requirements=typed)).encode())
    assert_page(response, 422)
    page = response.content.decode()
    assert f"{typed}</textarea>" in page
    assert (
        '<p class="error" id="id_space_requirements_error">Shorten the text to 4,000 characters (now 16,000).' in page
    )


@pytest.mark.parametrize("charset", ["utf8", "UTF8", "utf-8", '"UTF-8"'])
def test_other_names_of_utf_8_are_accepted(client, charset):
    response = post(client, urlencode(build.enquiry(first_name="José")).encode(), f"{FORM}; charset={charset}")
    assert response.status_code == 303
    assert Submission.objects.get().first_name == "José"


@pytest.mark.parametrize("value", [b"Ana\0", b"Ana%00", b"\xff\xfe", b"%FF%FE", b"%C3", b"%ED%A0%80"])
def test_invalid_text_is_refused_with_the_form_filled_in(client, value):
    rest = urlencode({name: value for name, value in build.enquiry().items() if name != "first_name"})
    response = post(client, b"first_name=" + value + b"&" + rest.encode())
    assert_page(response, 400)
    assert "Ten designers in Makati by March.</textarea>" in response.content.decode()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "",
        "application/xml",
        "multipart/mixed",
        "nonsense",
        "multipart/form-data; boundary=b; charset=zlib",
        "multipart/form-data; boundary=b; charset=utf-7",
        "multipart/form-data; boundary=b; charset=unicode_escape",
    ],
)
def test_an_unknown_content_type_is_refused(client, content_type):
    assert_page(post(client, b'{"first_name": "Ana"}', content_type), 415)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"first_name=Ana", f"{FORM}; charset=utf-16"),
        (b"first_name=Ana", f"{FORM}; charset=nonsense"),
        (b"no boundary", "multipart/form-data"),
        (b"wrong boundary", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=first_name\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b"&".join(b"a=1" for _ in range(1500)), FORM),
        (b"", FORM),
        (b"&&&===", FORM),
        (b"first_name=%ZZ", FORM),
    ],
)
def test_a_malformed_body_answers_4xx(client, body, content_type):
    response = post(client, body, content_type)
    assert 400 <= response.status_code < 500
    assert b"<h1>" in response.content
    assert not Submission.objects.exists()


@pytest.mark.parametrize("page", ["/?utm_source=%00x", "/?utm_source=%ED%A0%80", "//[x", "/[x?utm_source=a"])
def test_a_malformed_page_address_does_not_stop_an_enquiry(client, page):
    assert client.post("/contact/", build.enquiry(page=page)).status_code == 303
    again = build.enquiry(build.unique_challenge(), page="")
    referer = f"http://testserver{page}"
    assert client.post("/contact/", again, headers={"Referer": referer}).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "+49740865532228085"},  # the longest number
        {"phone": "0917 123 4567 ext. 12345678901234567890"},
        {"last_name": "\ufdfa" * NAME_MAX},  # a letter that is normalised to eighteen letters
        {"first_name": "\u0390" * NAME_MAX, "last_name": "\u0390" * NAME_MAX},
        {"email": "\u0390" * 30 + "@example.com"},
        {"page": "/" + "a" * 3000},
        {"page": "/?" + "&".join(f"utm_{name}={'x' * 300}" for name in ["source", "medium", "campaign"])},
    ],
)
def test_the_longest_valid_values_are_stored(client, changes):
    assert client.post("/contact/", build.enquiry(**changes)).status_code == 303
    admit_waiting(timezone.now())
    assert Submission.objects.get().lead


def test_a_multipart_form_is_accepted(client):
    assert client.post("/contact/", build.enquiry()).status_code == 303  # the test client sends multipart


def test_a_file_instead_of_text_is_a_missing_value(client):
    data = build.enquiry()
    assert_page(client.post("/contact/", {**data, "first_name": build.upload("a.txt", b"Ana")}), 422)


def test_the_last_value_of_a_repeated_field_counts(client):
    body = urlencode(build.enquiry()) + "&first_name=Maria"
    assert post(client, body.encode()).status_code == 303
    assert Submission.objects.get().first_name == "Maria"


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_no_body_causes_a_server_error(client, body):
    assert 400 <= post(client, body).status_code < 500


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries(
        {}, optional={name: st.text(max_size=100) for name in build.enquiry(Challenge("x", 0))}
    )
)
def test_no_field_value_causes_a_server_error(client, fields):
    challenge = build.unique_challenge()
    response = client.post("/contact/", {**build.enquiry(challenge), **fields})
    assert response.status_code == 303 or 400 <= response.status_code < 500
