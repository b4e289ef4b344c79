from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from articles.models import Article
from company.pages import CACHE_CONTROL, publish
from outsourcing_site import page_cache
from tests import build

pytestmark = pytest.mark.django_db

PAGES = ["/", "/articles/rent-and-run/", "/contact/", "/privacy/"]
FILES = ["/feed/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/site.webmanifest"]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that the test sets: `clock(seconds)` after noon."""

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
def test_a_published_page_may_be_held_by_any_cache(client, url):
    response = client.get(url)
    policy = response["Cache-Control"]
    assert policy.startswith("public, max-age=")
    for directive in ["s-maxage=", "stale-while-revalidate=", "stale-if-error="]:
        assert directive in policy
    assert response["ETag"].startswith('"')  # strong
    assert response["Last-Modified"].endswith("GMT")
    assert "Vary" not in response
    assert "Set-Cookie" not in response


def test_a_change_shows_within_a_minute():
    parts = dict(part.split("=") for part in CACHE_CONTROL.split(", ") if "=" in part)
    proxy = int(parts["s-maxage"]) + int(parts["stale-while-revalidate"])
    browser = int(parts["max-age"]) + int(parts["stale-while-revalidate"])
    assert page_cache.HOLD_SECONDS + proxy + browser <= 60
    assert int(parts["s-maxage"]) > int(parts["max-age"])


@pytest.mark.parametrize("url", PAGES + FILES)
def test_a_page_that_is_known_is_answered_with_304(client, url):
    page = client.get(url)
    for headers in [
        {"If-None-Match": page["ETag"]},
        {"If-None-Match": f'"other", W/{page["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": page["Last-Modified"]},
    ]:
        response = client.get(url, headers=headers)
        assert response.status_code == 304, headers
        assert response.content == b""
        assert response["ETag"] == page["ETag"]
        assert response["Cache-Control"] == page["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Sun, 22 Nov 2026 23:59:59 GMT"},
        {"If-None-Match": '"other"', "If-Modified-Since": "Mon, 23 Nov 2099 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ],
)
def test_a_page_that_is_not_known_is_sent(client, headers):
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("url", PAGES + FILES)
def test_head_says_what_get_would(client, url):
    head, get = client.head(url), client.get(url)
    assert head.status_code == 200
    assert head.content == b""
    for name in ["ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Length"]:
        assert head[name] == get[name]


def test_a_held_page_asks_the_database_for_nothing(client, django_assert_num_queries):
    first = client.get("/")
    with django_assert_num_queries(0):
        assert client.get("/").content == first.content
        assert client.get("/?utm_source=news&gclid=1").content == first.content


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


def test_no_page_is_held_beyond_the_window_of_its_question(client, clock):
    clock(598)
    held = client.get("/contact/").content
    clock(600)
    assert client.get("/contact/").content != held


def test_a_page_in_memory_is_found_again_under_its_own_host_alone(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    client.get("/")
    assert client.get("/", headers={"Host": "other.example"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("url", ["/nowhere/", "/contact/thanks/?ref=7KQ2-M4XW", "/admin/login/"])
def test_what_is_for_one_visitor_is_not_held(client, url):
    response = client.get(url)
    assert "no-store" in response["Cache-Control"]
    assert "ETag" not in response


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(page_cache, "PAGES_MAX", 2)
    middleware = page_cache.PageCacheMiddleware(lambda request: publish(request.path, changed_at=build.NOON))
    for number in range(10):
        assert middleware(RequestFactory().get(f"/{number}/")).content.decode() == f"/{number}/"
        assert len(middleware.pages) <= 2


def test_no_header_moves_the_site(client):
    page = client.get("/privacy/", SCRIPT_NAME="/evil").content.decode()
    assert "/evil" not in page


def test_debugging_holds_nothing(settings):
    settings.DEBUG = True
    client = Client()
    client.get("/contact/")
    assert client.get("/contact/", headers={"If-None-Match": "*"}).status_code == 200


@pytest.mark.parametrize("age_hours", [1, 24, 47])
def test_a_page_held_for_a_day_still_submits(client, clock, age_hours):
    page = client.get("/articles/rent-and-run/").content.decode()
    token = page.partition('name="math_challenge" value="')[2].partition('"')[0]
    one, other = page.partition("What is ")[2].partition("?")[0].split(" + ")
    clock(age_hours * 3600)
    data = build.enquiry(math_challenge=token, math_answer=str(int(one) + int(other)))
    assert client.post("/contact/", data).status_code == 303
