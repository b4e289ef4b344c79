from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from outsourcing_site.login_rate_limit import (
    ATTEMPTS_PER_MINUTE,
    LOGIN_PATH,
    LoginRateLimitMiddleware,
)
from tests import build

PASSWORD = "a password of twelve or more"


@pytest.fixture(autouse=True)
def no_tries_yet():
    cache.clear()


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """The passwords that were hashed."""
    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def note(self: MD5PasswordHasher, password: str, salt: str) -> str:
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", note)
    return passwords


def log_in(client, address: str = "127.0.0.1"):
    return client.post(LOGIN_PATH, {"username": "ana", "password": "wrong"}, REMOTE_ADDR=address)


def test_the_path_is_the_log_in_of_the_admin():
    assert reverse("admin:login") == LOGIN_PATH


@pytest.mark.django_db
def test_staff_can_log_in(client):
    user = build.staff(username="bob")
    user.set_password(PASSWORD)
    user.save()
    response = client.post(LOGIN_PATH, {"username": "bob", "password": PASSWORD, "next": "/admin/"})
    assert response.status_code == 302


@pytest.mark.django_db
def test_log_ins_over_the_rate_limit_hash_no_password(client, hashed, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: build.NOON.replace(second=18))
    for _ in range(ATTEMPTS_PER_MINUTE):
        assert log_in(client).status_code == 200
    count = len(hashed)
    assert count == ATTEMPTS_PER_MINUTE
    response = log_in(client)
    assert (response.status_code, response["Retry-After"]) == (429, "42")
    page = response.content.decode()
    assert "Too many log-ins from your address" in page
    assert "Wait 42 seconds" in page
    assert response["Cache-Control"] == "no-store"
    assert len(hashed) == count
    assert log_in(client, "203.0.113.9").status_code == 200
    assert client.get(LOGIN_PATH).status_code == 200
    assert client.post("/contact/", build.enquiry()).status_code == 303
    monkeypatch.setattr("django.utils.timezone.now", lambda: build.NOON.replace(minute=1))
    assert log_in(client).status_code == 200


@pytest.mark.django_db
def test_an_ipv6_network_counts_as_one_address(client):
    for number in range(ATTEMPTS_PER_MINUTE):
        assert log_in(client, f"2001:db8::{number:x}").status_code == 200
    assert log_in(client, "2001:db8::ffff").status_code == 429
    assert log_in(client, "2001:db8:0:1::1").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_twelve_simultaneous_log_ins_one_is_checked():
    """In threads; the check of the first log-in ends after the others have their answers."""
    refused, start = Event(), Barrier(12)

    def check(request):
        assert refused.wait(timeout=30)
        return HttpResponse("checked")

    middleware = LoginRateLimitMiddleware(check)
    answers: list[HttpResponse] = []

    def post(number: int) -> None:
        start.wait(timeout=30)
        try:
            answers.append(middleware(RequestFactory().post(LOGIN_PATH, REMOTE_ADDR=f"203.0.113.{number}")))
        finally:
            connection.close()
        if len(answers) == 11:
            refused.set()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(post, range(12)))
    busy = answers[:11]
    assert {(answer.status_code, answer["Retry-After"]) for answer in busy} == {(429, "1")}
    assert all("Another log-in is being checked" in answer.content.decode() for answer in busy)
    assert answers[11].content == b"checked"
    assert middleware(RequestFactory().post(LOGIN_PATH)).content == b"checked"


def test_a_failing_log_in_does_not_block_the_next():
    def fail(request):
        raise RuntimeError

    middleware = LoginRateLimitMiddleware(fail)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            middleware(RequestFactory().post(LOGIN_PATH))


@pytest.mark.parametrize(("method", "path"), [("GET", LOGIN_PATH), ("POST", "/contact/"), ("POST", "/admin/")])
def test_other_requests_do_not_wait_for_a_log_in(method, path):
    middleware = LoginRateLimitMiddleware(lambda request: HttpResponse("passed"))
    middleware.password_check.acquire()
    assert middleware(RequestFactory().generic(method, path)).content == b"passed"


@pytest.mark.django_db
def test_without_the_cache_staff_can_log_in(client, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", fail)
    assert log_in(client).status_code == 200
