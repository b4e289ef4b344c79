"""Rate limit per client: more posts are answered 429 with the form still filled in."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from leads.capture import rate_limit
from leads.capture.client import client_mark
from leads.capture.rate_limit import seconds_to_wait
from leads.models import Submission
from tests import build

LIMIT = 5


@pytest.fixture(autouse=True)
def limit(monkeypatch):
    monkeypatch.setattr(rate_limit, "POSTS_PER_MINUTE", LIMIT)


def test_a_client_over_its_limit_waits_for_the_next_minute():
    moment = build.NOON.replace(second=20)
    assert [seconds_to_wait("a", moment) for _ in range(LIMIT)] == [0] * LIMIT
    assert seconds_to_wait("a", moment) == 40
    assert seconds_to_wait("another", moment) == 0
    assert seconds_to_wait("a", moment + timedelta(seconds=40)) == 0


def test_without_the_cache_no_client_is_refused(monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise ConnectionError("redis.example refused")

    monkeypatch.setattr(cache, "add", fail)
    assert [seconds_to_wait("a", build.NOON) for _ in range(LIMIT + 1)] == [0] * (LIMIT + 1)
    assert "The cache cannot count posts (ConnectionError)." in caplog.text


@pytest.mark.django_db
def test_posts_over_the_limit_answer_429_with_form_and_phone(client, monkeypatch):
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    monkeypatch.setattr(rate_limit, "POSTS_PER_MINUTE", 1)
    assert client.post("/contact/", build.enquiry()).status_code == 303
    response = client.post("/contact/", build.enquiry(build.unique_challenge(), first_name="Ligaya"))
    page = response.content.decode()
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response["Cache-Control"] == "no-store"
    assert 'value="Ligaya"' in page
    assert "(+632) 7796540" in page
    assert Submission.objects.count() == 1


def test_clients_are_distinguished_by_address_or_network():
    assert client_mark("203.0.113.1") != client_mark("203.0.113.2")
    assert client_mark("2001:db8::1") == client_mark("2001:db8::2")
    assert client_mark("2001:db8::1") != client_mark("2001:db8:0:1::1")
    assert "203.0.113.1" not in client_mark("203.0.113.1")
    assert len(client_mark("")) == 32


def test_the_mark_depends_on_the_secret_key(settings):
    mark = client_mark("203.0.113.1")
    settings.SECRET_KEY = "another key that is long enough to be one"
    assert client_mark("203.0.113.1") != mark


def test_a_count_that_the_cache_has_evicted_is_no_limit(monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    assert seconds_to_wait("a", build.NOON) == 0
