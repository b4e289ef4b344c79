import pytest
from django.test import RequestFactory

from leads.capture.guard import is_cross_site


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),  # no browser: curl, a monitoring probe
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
def test_a_cross_site_post_is_told_by_the_browsers_headers(headers, expected):
    assert is_cross_site(RequestFactory().post("/contact/", headers=headers)) is expected
