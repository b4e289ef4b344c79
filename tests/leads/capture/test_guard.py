from urllib.parse import urlencode

import pytest
from django.test import RequestFactory

from leads.capture.guard import CONTENT_TYPES, MAX_BODY_BYTES, is_cross_site, is_too_large, is_unknown_type
from leads.normalise import REQUIREMENTS_MAX


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),  # not a browser: curl, a monitoring probe
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),  # another host of our domain
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "nonsense"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, True),
        ({"Origin": "http://testserver"}, False),
        ({"Origin": "https://testserver"}, False),  # TLS ends at a proxy
        ({"Origin": "http://TESTSERVER"}, False),
        ({"Origin": "http://testserver:81"}, True),
        ({"Origin": "http://testserver.example.com"}, True),
        ({"Origin": "http://example.com"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
        ({"Origin": "http://[::1"}, True),
    ],
)
def test_a_cross_site_post_is_recognised_by_its_headers(headers, expected):
    assert is_cross_site(RequestFactory().post("/contact/", headers=headers)) is expected


@pytest.mark.parametrize(
    ("charset", "expected"),
    [
        ("", False),
        ("; charset=utf-8", False),
        ("; charset=UTF-8", False),
        ("; charset=utf8", False),
        ("; charset=UTF8", False),
        ("; charset=utf_8", False),
        ('; charset="utf-8"', False),
        ("; charset='utf-8'", False),
        ("; charset=utf-16", True),
        ("; charset=utf-7", True),
        ("; charset=utf-8-sig", True),
        ("; charset=unicode_escape", True),
        ("; charset=zlib", True),
        ("; charset=iso-8859-1", True),
        ("; charset=nonsense", True),
        ("; charset=", True),
        ("; charset=\u00fcber", True),
    ],
)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_only_utf_8_is_accepted_under_any_of_its_names(content_type, charset, expected):
    request = RequestFactory().generic("POST", "/contact/", b"a=b", content_type=content_type + charset)
    assert is_unknown_type(request) is expected


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain", "multipart/mixed", "nonsense"])
def test_other_content_types_are_unknown(content_type):
    assert is_unknown_type(RequestFactory().generic("POST", "/contact/", b"a=b", content_type=content_type))


def test_four_times_the_longest_text_is_within_the_body_limit():
    fields = {"space_requirements": "\U0001f642" * 4 * REQUIREMENTS_MAX, "page": "/" + "a" * 2000}
    body = urlencode(fields).encode()
    form = CONTENT_TYPES[0]
    assert not is_too_large(RequestFactory().generic("POST", "/contact/", body, content_type=form))
    assert MAX_BODY_BYTES <= 256 * 1024
    body = b"a" * (MAX_BODY_BYTES + 1)
    assert is_too_large(RequestFactory().generic("POST", "/contact/", body, content_type=form))
