"""The security headers of nginx's own answers equal those of the site in production."""

import json
import re

import pytest

from tests.support.commands import manage
from tests.support.production import ROOT

CONF = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
ANSWER = """
import json
from django.test import Client
response = Client(headers={"Host": "example.com"}).get("/admin/", secure=True)
print(json.dumps(dict(response.items())))
"""
OF_EACH_ANSWER = {"Cache-Control", "Content-Length", "Content-Type", "Expires", "Location", "Retry-After", "Vary"}


def headers_in(location: str) -> dict[str, str]:
    """The headers that nginx.conf adds to the answers of a location."""
    (block,) = re.findall(rf"^    location {re.escape(location)} {{\n(.*?)^    }}", CONF, re.MULTILINE | re.DOTALL)
    lines = re.findall(r'^ +add_header ([\w-]+) (?:"([^"]*)"|(\S+)) always;$', block, re.MULTILINE)
    assert len(lines) == block.count("add_header")
    return {name: quoted or plain for name, quoted, plain in lines}


def security_headers(headers: dict[str, str]) -> dict[str, list[str]]:
    """The headers that do not depend on the content, as lists of their directives in any order."""
    return {name: sorted(re.split("[;,] *", value)) for name, value in headers.items() if name not in OF_EACH_ANSWER}


@pytest.fixture(scope="module")
def site_headers() -> dict[str, list[str]]:
    """The security headers of the site under https."""
    result = manage("shell", "-v0", "-c", ANSWER)
    assert result.returncode == 0, result.stderr
    return security_headers(json.loads(result.stdout))


def test_static_files_have_the_security_headers_of_the_site(site_headers):
    assert "Content-Security-Policy" in site_headers
    assert len(site_headers) == 8
    assert security_headers(headers_in("/static/")) == site_headers


def test_the_rate_limit_answer_has_headers_for_plain_text(site_headers):
    headers = security_headers(headers_in("@too_many"))
    assert set(headers) == {"Strict-Transport-Security", "X-Content-Type-Options"}
    assert headers.items() <= site_headers.items()


def test_proxied_answers_get_no_second_header():
    """Otherwise an answer would have the header of nginx and that of the site."""
    others = set(re.findall(r"^    location (.+) {$", CONF, re.MULTILINE)) - {"/static/", "@too_many"}
    assert len(others) > 4
    assert {name for location in others for name in headers_in(location)} == {"X-Cache"}
