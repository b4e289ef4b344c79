"""Time limits of queries, and the circuit breaker for a database that does not answer."""

import os
import threading
import time
from io import StringIO
from typing import NoReturn

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

from outsourcing_site.databases import limits
from outsourcing_site.databases.limits import Breaker, connect_in_time, database_within
from outsourcing_site.middleware import TimeLimitMiddleware

ON_POSTGRES = pytest.mark.skipif(connection.vendor != "postgresql", reason="limits of PostgreSQL's connections")


@pytest.fixture
def clock(monkeypatch):
    """The monotonic time in seconds, as a list of one item that a test changes."""
    now = [100.0]
    monkeypatch.setattr(limits, "monotonic", lambda: now[0])
    return now


def in_another_thread(call) -> BaseException | None:
    """The OperationalError that the call raises in another thread, or None."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except OperationalError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return raised[0] if raised else None


def test_one_thread_retries_two_seconds_after_a_failure(clock):
    breaker = Breaker()
    breaker.enter()
    breaker.failed()
    assert breaker.is_open()
    with pytest.raises(OperationalError):
        breaker.enter()
    clock[0] += 2.1
    assert not breaker.is_open()
    breaker.enter()  # this thread retries
    breaker.enter()  # it may execute several statements
    assert in_another_thread(breaker.enter) is not None
    breaker.succeeded()
    assert in_another_thread(breaker.enter) is None


def test_a_failed_retry_opens_the_breaker_again(clock):
    breaker = Breaker()
    breaker.failed()
    clock[0] += 2.1
    breaker.enter()
    breaker.failed()
    with pytest.raises(OperationalError):
        breaker.enter()


@pytest.mark.skipif("faketime" in os.environ.get("LD_PRELOAD", ""), reason="there a thread's timed wait does not end")
def test_a_late_connection_is_abandoned_and_closed(monkeypatch):
    may_answer, closed = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def connect() -> Late:
        may_answer.wait(30)
        return Late()

    with pytest.raises(OperationalError), database_within(0.05):
        connect_in_time(connect)
    assert limits.breaker.is_open()
    may_answer.set()
    assert closed.wait(10)


def test_an_error_of_connect_is_raised():
    def connect() -> NoReturn:
        raise OperationalError("refused")

    with pytest.raises(OperationalError, match="refused"):
        connect_in_time(connect)
    assert limits.breaker.is_open()


def test_a_request_over_its_time_limit_makes_no_query():
    with database_within(-1), pytest.raises(OperationalError, match="time limit"):
        limits.seconds_left()
    assert limits.seconds_left() == limits.STATEMENT_SECONDS


@pytest.mark.parametrize(("path", "limit"), [("/", limits.VISITOR_SECONDS), ("/admin/", limits.STATEMENT_SECONDS)])
def test_visitors_have_a_shorter_limit_than_staff(rf, path, limit):
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(limits.seconds_left()))

    left = float(TimeLimitMiddleware(answer)(rf.get(path)).content)
    assert limit - 1 < left <= limit


@ON_POSTGRES
@pytest.mark.django_db(transaction=True)
def test_the_client_cancels_a_late_statement():
    started = time.monotonic()
    with pytest.raises(OperationalError), database_within(0.5), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    assert time.monotonic() - started < 10
    assert limits.breaker.is_open()
    limits.breaker.succeeded()
    connection.close()


@ON_POSTGRES
@pytest.mark.django_db
def test_every_connection_has_time_limits():
    with connection.cursor() as cursor:
        for name, value in [("statement_timeout", "10s"), ("lock_timeout", "5s"), ("TimeZone", "UTC")]:
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)
    parameters = connection.connection.info.dsn_parameters
    assert parameters["tcp_user_timeout"] == "3000"
    assert parameters["keepalives_idle"] == "3"
    assert parameters["connect_timeout"] == "2"


@ON_POSTGRES
@pytest.mark.django_db(transaction=True)
def test_a_migration_has_no_time_limit():
    limits.lift_limits()
    try:
        assert limits.seconds_left() > 3600
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
    finally:
        call_command("migrate", verbosity=0, stdout=StringIO())  # restores the limits
    assert limits.seconds_left() == limits.STATEMENT_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("10s",)
