"""What no browser of a prospect sends: answered with a 4xx page, never with a 5xx, and nothing is stored."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leads.capture.challenge import Challenge
from leads.models import Submission
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


def test_a_body_over_64_kib_is_refused(client):
    assert_page(post(client, urlencode(build.enquiry(space_requirements="x" * 65536)).encode()), 413)


def test_a_text_over_its_limit_but_under_64_kib_is_kept(client):
    response = client.post("/contact/", build.enquiry(space_requirements="x" * 60000))
    assert_page(response, 422)
    assert "x" * 60000 in response.content.decode()


@pytest.mark.parametrize("value", [b"Ana\0", b"Ana%00", b"\xff\xfe", b"%FF%FE", b"%C3", b"%ED%A0%80"])
def test_bytes_that_are_no_text_are_refused_with_the_form_filled_in(client, value):
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
def test_a_broken_body_is_the_senders_error(client, body, content_type):
    response = post(client, body, content_type)
    assert 400 <= response.status_code < 500
    assert b"<h1>" in response.content
    assert not Submission.objects.exists()


@pytest.mark.parametrize("page", ["/?utm_source=%00x", "/?utm_source=%ED%A0%80", "//[x", "/[x?utm_source=a"])
def test_no_address_of_a_page_costs_an_enquiry(client, page):
    assert client.post("/contact/", build.enquiry(page=page)).status_code == 303
    again = build.enquiry(build.unique_challenge(), page="")
    referer = f"http://testserver{page}"
    assert client.post("/contact/", again, headers={"Referer": referer}).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "+49740865532228085"},  # as long as numbers get
        {"phone": "0917 123 4567 ext. 12345678901234567890"},
        {"last_name": "\ufdfa" * 80},  # one letter that normalises to eighteen
        {"first_name": "\u0390" * 80, "last_name": "\u0390" * 80},
        {"email": "\u0390" * 30 + "@example.com"},
        {"page": "/" + "a" * 3000},
        {"page": "/?" + "&".join(f"utm_{name}={'x' * 300}" for name in ["source", "medium", "campaign"])},
    ],
)
def test_the_longest_that_is_valid_is_stored(client, changes):
    assert client.post("/contact/", build.enquiry(**changes)).status_code == 303
    assert Submission.objects.get().lead


def test_a_multipart_form_is_taken(client):
    assert client.post("/contact/", build.enquiry()).status_code == 303  # the test client sends multipart


def test_a_file_in_place_of_a_text_is_a_missing_text(client):
    data = build.enquiry()
    assert_page(client.post("/contact/", {**data, "first_name": build.upload("a.txt", b"Ana")}), 422)


def test_a_field_sent_twice_counts_once(client):
    body = urlencode(build.enquiry()) + "&first_name=Maria"
    assert post(client, body.encode()).status_code == 303
    assert Submission.objects.get().first_name == "Maria"


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_no_body_makes_an_error_of_ours(client, body):
    assert 400 <= post(client, body).status_code < 500


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries(
        {}, optional={name: st.text(max_size=100) for name in build.enquiry(Challenge("x", 0))}
    )
)
def test_no_text_in_any_field_makes_an_error_of_ours(client, fields):
    challenge = build.unique_challenge()
    response = client.post("/contact/", {**build.enquiry(challenge), **fields})
    assert response.status_code == 303 or 400 <= response.status_code < 500
