"""A public page depends on published content alone, so that any cache may store it."""

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests import build
from tests.support.pages import PUBLIC

pytestmark = pytest.mark.django_db

HOSTILE = {
    "Cookie": "sessionid=stolen; csrftoken=stolen; messages=stolen; utm=1",
    "User-Agent": "<script>alert(1)</script>",
    "Referer": "https://evil.example/?q=<b>",
    "Accept-Language": "tl,ar;q=0.9",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Requested-With": "XMLHttpRequest",
    "X-Original-URL": "/admin/",
    "Authorization": "Basic YWRtaW46YWRtaW4=",
    "Accept": "application/json",
    "Range": "bytes=0-10",
}


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: build.NOON)  # one window for both requests
    company = build.company()
    company.phone_lines.create(label="PH", number="(+632) 7796540")
    picture = build.upload("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>')
    build.article(slug="rent-and-run", illustration=picture, published_at=build.NOON)


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    url_names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                url_names |= names(pattern.url_patterns)
        else:
            url_names.add(str(pattern.name))
    return url_names


def test_the_crawl_covers_every_public_url():
    assert set(PUBLIC) == names(get_resolver().url_patterns)


@pytest.mark.parametrize("url", [*PUBLIC.values(), "/not-here/"])
def test_a_page_is_the_same_for_everybody(site, url):
    stranger = Client().get(url)
    expected = stranger.getvalue()
    staff = Client()
    staff.force_login(build.staff(is_superuser=True))
    staff.cookies.load(HOSTILE["Cookie"].replace("sessionid=stolen; ", ""))
    for somebody in [
        Client().get(url, headers=HOSTILE),
        staff.get(url),
        staff.get(url, headers={name: value for name, value in HOSTILE.items() if name != "Cookie"}),
    ]:
        assert somebody.status_code == stranger.status_code
        assert somebody.getvalue() == expected
        assert not somebody.cookies
        assert "cookie" not in somebody.headers.get("Vary", "").lower()
    assert not stranger.cookies
    assert "Set-Cookie" not in stranger.headers
    assert "cookie" not in stranger.headers.get("Vary", "").lower()


@pytest.mark.parametrize("url", ["/", "/articles/rent-and-run/", "/contact/"])
def test_all_workers_render_the_same_bytes_within_a_window(site, url, monkeypatch):
    first = Client().get(url).content
    monkeypatch.setattr("django.utils.timezone.now", lambda: build.NOON.replace(minute=9, second=59))
    assert Client().get(url).content == first
    monkeypatch.setattr("django.utils.timezone.now", lambda: build.NOON.replace(minute=10))
    assert Client().get(url).content != first


@pytest.mark.parametrize("url", [*PUBLIC.values(), "/not-here/"])
def test_templates_of_public_pages_get_no_request(site, url):
    response = Client().get(url)
    response.close()
    for context in response.context or []:
        for name in ["request", "user", "messages", "csrf_token"]:
            assert name not in context
