"""A database that accepts connections and never answers: visitors get an answer in seconds, and nothing is lost."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.pages import enquiry
from tests.support.processes import Postgres, Site, databases_of_its_own, site
from tests.support.tools import find_tool
from tests.support.visitors import ANSWER_SECONDS_MAX, Client

pytestmark = [pytest.mark.xdist_group("faults"), databases_of_its_own]
POSTS = 40


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Site]:
    find_tool("runuser", "util-linux")
    with site(tmp_path, 1, Postgres()) as started:
        yield started


def get(running: Site, path: str) -> tuple[int, float, str]:
    """Status, seconds, text."""
    started = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, time.monotonic() - started, text


def post_many(running: Site) -> list[tuple[int, float]]:
    """Status and seconds of POSTS enquiries, sixteen at a time."""
    page = get(running, "/contact/")[2]

    def post(number: int) -> tuple[int, float]:
        client = Client(number, running.port)
        body = enquiry(page, space_requirements=f"Enquiry {number}: ten desks.", email=f"client{number}@example.com")
        started = time.monotonic()
        status, _, _ = client.request("POST", "/contact/", body)
        return status, time.monotonic() - started

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(post, range(POSTS)))


def stored_once(running: Site, count: int) -> bool:
    """Whether all enquiries are stored within half a minute, each once."""
    for _ in range(60):
        rows = running.database.execute("SELECT count(*), count(DISTINCT email) FROM leads_submission")
        if rows == [(count, count)] and not list(running.folder.glob("var/spool/*.jsonl")):
            return True
        time.sleep(0.5)
    return False


def test_a_frozen_database_delays_no_visitor(running: Site) -> None:
    assert isinstance(running.database, Postgres)
    for _ in range(20):
        get(running, "/")
        get(running, "/contact/")  # until each process has them in its cache
    with running.database.frozen():
        answers = post_many(running)
        assert {status for status, _ in answers} == {303}
        assert max(seconds for _, seconds in answers) < ANSWER_SECONDS_MAX
        for path, expected in [("/healthz", 200), ("/acceptz", 200), ("/readyz", 503), ("/", 200), ("/contact/", 200)]:
            status, seconds, _ = get(running, path)
            assert (status, seconds < ANSWER_SECONDS_MAX) == (expected, True), (path, status, seconds)
        assert get(running, "/healthz")[1] < 0.5
        assert get(running, "/contact/thanks/?ref=7KQ2-M4XW")[0] == 200
    assert stored_once(running, POSTS)
    assert get(running, "/readyz")[0] in (200, 503)


def test_a_commit_without_confirmation_counts_as_not_stored(running: Site) -> None:
    """While it waits, which no server setting limits, and when the wait is cancelled with a warning."""
    for sql in ("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'", "SELECT pg_reload_conf()"):
        superuser(running, sql)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(post_many, running)
        while not answers.done():
            superuser(running, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            time.sleep(0.2)
    assert {status for status, _ in answers.result()} == {303}
    assert max(seconds for _, seconds in answers.result()) < ANSWER_SECONDS_MAX
    log = (running.folder / "gunicorn.log").read_text()
    assert "NotConfirmedError" in log
    for sql in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
        superuser(running, sql)
    assert stored_once(running, POSTS)


def superuser(running: Site, sql: str) -> None:
    """Run the statement in a connection that does not wait for a standby."""
    assert isinstance(running.database, Postgres)
    running.database.execute_alone(sql)


def test_waiting_staff_requests_do_not_delay_visitors(running: Site) -> None:
    assert isinstance(running.database, Postgres)
    with ThreadPoolExecutor(8) as pool, running.database.frozen():
        staff = [pool.submit(get, running, "/admin/login/?next=/admin/") for _ in range(8)]
        answers = post_many(running)
        assert {status for status, _ in answers} == {303}
        assert max(seconds for _, seconds in answers) < ANSWER_SECONDS_MAX
        for waiting in staff:
            assert waiting.result()[1] < 30
