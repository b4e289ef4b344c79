import gzip
from datetime import timedelta
from unittest.mock import Mock

import brotli  # type: ignore[import-untyped]
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from articles.models import Article
from company.http_caching import CACHE_CONTROL, publish
from outsourcing_site import page_cache
from outsourcing_site.compression import compress
from tests import build
from tests.support.pages import hidden_value, right_answer

pytestmark = pytest.mark.django_db

PAGES = ["/", "/articles/rent-and-run/", "/contact/", "/privacy/"]
FILES = ["/feed/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/site.webmanifest"]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A function that sets the time: `clock(seconds)` after noon."""

    def set_to(seconds: int) -> None:
        now = build.NOON + timedelta(seconds=seconds)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    monkeypatch.setattr(page_cache, "HOLD_SECONDS", 5)
    set_to(0)
    return set_to


@pytest.fixture(autouse=True)
def article(clock):
    build.company()
    return build.article(slug="rent-and-run", published_at=build.NOON)


@pytest.mark.parametrize("url", PAGES + FILES)
def test_a_published_page_is_publicly_cacheable(client, url):
    response = client.get(url)
    policy = response["Cache-Control"]
    assert policy.startswith("public, max-age=")
    for directive in ["s-maxage=", "stale-while-revalidate=", "stale-if-error="]:
        assert directive in policy
    assert response["ETag"].startswith('"')  # strong
    assert response["Last-Modified"].endswith("GMT")
    assert response["Vary"] == "Accept-Encoding"
    assert "Set-Cookie" not in response


def test_a_change_shows_within_a_minute():
    parts = dict(part.split("=") for part in CACHE_CONTROL.split(", ") if "=" in part)
    proxy = int(parts["s-maxage"]) + int(parts["stale-while-revalidate"])
    browser = int(parts["max-age"]) + int(parts["stale-while-revalidate"])
    assert page_cache.HOLD_SECONDS + proxy + browser <= 60
    assert int(parts["s-maxage"]) > int(parts["max-age"])


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
@pytest.mark.parametrize("url", PAGES + FILES)
def test_a_known_page_answers_304(client, url, accepted):
    page = client.get(url, headers={"Accept-Encoding": accepted})
    for headers in [
        {"If-None-Match": page["ETag"]},
        {"If-None-Match": f'"other", W/{page["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": page["Last-Modified"]},
    ]:
        response = client.get(url, headers={"Accept-Encoding": accepted, **headers})
        assert response.status_code == 304, headers
        assert response.content == b""
        assert "Content-Encoding" not in response
        for name in ["ETag", "Cache-Control", "Vary"]:
            assert response[name] == page[name]


DECODE = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.mark.parametrize("url", PAGES)
def test_each_coding_has_the_same_text_and_its_own_etag(client, url):
    answers = {coding: client.get(url, headers={"Accept-Encoding": coding}) for coding in DECODE}
    assert {coding: answer.get("Content-Encoding", "") for coding, answer in answers.items()} == {c: c for c in DECODE}
    assert len({DECODE[coding](answer.content) for coding, answer in answers.items()}) == 1
    assert len({answer["ETag"] for answer in answers.values()}) == 3
    assert len(answers["br"].content) < len(answers["gzip"].content) < len(answers[""].content) / 2
    for coding, answer in answers.items():
        assert answer["ETag"].startswith('"')
        assert answer["Vary"] == "Accept-Encoding"
        assert answer["Content-Length"] == str(len(answer.content))
        assert answer["Content-Security-Policy"] == answers[""]["Content-Security-Policy"]
        others = ", ".join(other["ETag"] for other in answers.values() if other is not answer)
        assert client.get(url, headers={"Accept-Encoding": coding, "If-None-Match": others}).status_code == 200


def test_a_short_page_is_not_compressed():
    middleware = page_cache.PageCacheMiddleware(lambda request: publish("ok", changed_at=build.NOON))
    answer = middleware(RequestFactory().get("/", headers={"Accept-Encoding": "br, gzip"}))
    assert answer.content == b"ok"
    assert "Content-Encoding" not in answer
    assert answer["Vary"] == "Accept-Encoding"


def test_an_unchanged_page_is_compressed_once(client, clock, monkeypatch):
    spy = Mock(side_effect=compress)
    monkeypatch.setattr(page_cache, "compress", spy)
    for seconds in [0, 1, 6, 12]:
        clock(seconds)
        assert client.get("/contact/", headers={"Accept-Encoding": "br"}).status_code == 200
    assert spy.call_count == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Sun, 22 Nov 2026 23:59:59 GMT"},
        {"If-None-Match": '"other"', "If-Modified-Since": "Mon, 23 Nov 2099 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ],
)
def test_an_unknown_page_is_sent_in_full(client, headers):
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("url", PAGES + FILES)
def test_head_has_the_headers_of_get(client, url):
    head, get = client.head(url), client.get(url)
    assert head.status_code == 200
    assert head.content == b""
    for name in ["ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Length"]:
        assert head[name] == get[name]


def test_a_cached_page_takes_no_query(client, django_assert_num_queries):
    first = client.get("/")
    with django_assert_num_queries(0):
        assert client.get("/").content == first.content
        assert client.get("/?utm_source=news&gclid=1").content == first.content


ASK_THE_DATABASE = ["/", "/articles/rent-and-run/", "/feed/", "/sitemap.xml", "/site.webmanifest"]


@pytest.mark.parametrize("url", ASK_THE_DATABASE)
def test_without_the_database_a_cached_page_lasts_a_day(client, clock, url, stop_database):
    client.raise_request_exception = False
    held = client.get(url)
    stop_database()
    clock(24 * 3600 - 1)
    stale = client.get(url)
    assert (stale.status_code, stale.content) == (200, held.content)
    assert client.get(url, headers={"If-None-Match": held["ETag"]}).status_code == 304


def test_a_page_cached_over_a_day_is_not_served(client, clock, stop_database):
    client.raise_request_exception = False
    client.get("/")
    stop_database()
    clock(24 * 3600)
    assert client.get("/").status_code == 500
    assert client.get("/feed/").status_code == 500  # never requested before


def test_an_unpublished_page_is_not_served_again(client, clock, stop_database):
    client.raise_request_exception = False
    client.get("/articles/rent-and-run/")
    Article.objects.update(status=Article.Status.DRAFT)
    clock(6)
    assert client.get("/articles/rent-and-run/").status_code == 404
    stop_database()
    assert client.get("/articles/rent-and-run/").status_code == 500


def test_a_database_known_to_be_away_is_not_queried(client, clock, monkeypatch, django_assert_num_queries):
    held = client.get("/")
    monkeypatch.setattr(page_cache, "database_is_away", lambda: True)
    clock(3600)
    with django_assert_num_queries(0):
        assert client.get("/").content == held.content
    assert client.get("/privacy/").status_code == 200  # not cached: rendered anyway


def test_an_edit_shows_after_a_few_seconds(client, clock):
    client.get("/articles/rent-and-run/")
    Article.objects.update(title="Anew")
    clock(4)
    assert b"Anew" not in client.get("/articles/rent-and-run/").content
    clock(5)
    assert b"Anew" in client.get("/articles/rent-and-run/").content


def test_a_scheduled_article_shows_at_its_time(client, clock):
    build.article(title="At ten past", published_at=build.NOON.replace(minute=10))
    assert b"At ten past" not in client.get("/").content
    clock(600)
    assert b"At ten past" in client.get("/").content


def test_a_page_is_cached_no_longer_than_its_question(client, clock):
    clock(598)
    held = client.get("/contact/").content
    clock(600)
    assert client.get("/contact/").content != held


def test_a_page_is_cached_no_longer_than_its_expiry(clock):
    expires_at = build.NOON + timedelta(seconds=2)
    view = Mock(side_effect=lambda request: publish("ok", changed_at=build.NOON, expires_at=expires_at))
    middleware = page_cache.PageCacheMiddleware(view)
    for seconds, renderings in [(0, 1), (1, 1), (2, 2)]:
        clock(seconds)
        assert middleware(RequestFactory().get("/")).content == b"ok"
        assert view.call_count == renderings


def test_a_response_expires_no_later_than_its_window():
    response = publish("ok", changed_at=build.NOON, expires_at=build.NOON + timedelta(days=1))
    assert response.expires_at == build.NOON + timedelta(minutes=10)


def test_a_response_that_sets_a_cookie_is_not_cached():
    def view(request: HttpRequest) -> HttpResponse:
        response = publish("ok", changed_at=build.NOON)
        response.set_cookie("a", "b")
        return response

    middleware = page_cache.PageCacheMiddleware(view)
    middleware(RequestFactory().get("/"))
    assert not middleware.pages


def test_a_cached_page_is_served_to_its_own_host_only(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    client.get("/")
    assert client.get("/", headers={"Host": "other.example"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("url", ["/nowhere/", "/contact/thanks/?ref=7KQ2-M4XW", "/admin/login/"])
def test_personal_pages_are_not_cached(client, url):
    response = client.get(url)
    assert "no-store" in response["Cache-Control"]
    assert "ETag" not in response


def test_the_cache_has_a_limit_of_pages(monkeypatch):
    monkeypatch.setattr(page_cache, "PAGES_MAX", 2)
    middleware = page_cache.PageCacheMiddleware(lambda request: publish(request.path, changed_at=build.NOON))
    for number in range(10):
        assert middleware(RequestFactory().get(f"/{number}/")).content.decode() == f"/{number}/"
        assert len(middleware.pages) <= 2
    assert [path for _, _, path in middleware.pages] == ["/8/", "/9/"]


def test_script_name_does_not_change_addresses(client):
    page = client.get("/privacy/", SCRIPT_NAME="/evil").content.decode()
    assert "/evil" not in page


def test_debug_mode_caches_nothing(settings):
    settings.DEBUG = True
    client = Client()
    client.get("/contact/")
    assert client.get("/contact/", headers={"If-None-Match": "*"}).status_code == 200


@pytest.mark.parametrize("age_hours", [1, 24, 47])
def test_a_form_of_a_cached_page_is_accepted(client, clock, age_hours):
    page = client.get("/articles/rent-and-run/").content.decode()
    clock(age_hours * 3600)
    data = build.enquiry(math_challenge=hidden_value(page, "math_challenge"), math_answer=right_answer(page))
    assert client.post("/contact/", data).status_code == 303
