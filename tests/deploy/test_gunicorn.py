"""A real gunicorn, without nginx in front of it."""

import http.client
import re
import socket
import sqlite3
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlencode

import brotli  # type: ignore[import-untyped]
import pytest

from tests.support.pages import EXPLAINER, enquiry
from tests.support.production import Production, environment, free_ports, running

pytestmark = pytest.mark.xdist_group("nginx")

THROUGH_TLS = {"X-Forwarded-Proto": "https"}
FIRST_TCP_WINDOW = 14_600  # bytes: ten segments, what a server sends before the first acknowledgement


def fetch(site: Production, path: str, coding: str) -> tuple[str, bytes]:
    """The answer's Content-Encoding and its body, still encoded."""
    with closing(http.client.HTTPConnection("localhost", site.backend, timeout=30)) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": coding, **THROUGH_TLS})
        response = connection.getresponse()
        assert response.status == 200
        return response.headers.get("Content-Encoding", ""), response.read()


def test_explainer_css_and_js_fit_the_first_tcp_window(production):
    coding, page = fetch(production, EXPLAINER, "gzip, deflate, br")
    assert coding == "br"
    names = re.findall(r'"(/static/site\.\w{12}\.(?:css|js))"', brotli.decompress(page).decode())
    assert len(names) == 2
    files = [fetch(production, name, "gzip, deflate, br") for name in names]
    assert {coding for coding, _ in files} == {"br"}
    sizes = [len(body) for body in [page, *(body for _, body in files)]]
    assert sum(sizes) <= FIRST_TCP_WINDOW, sizes


def post_chunked(site: Production, path: str, chunks: Iterable[bytes]) -> tuple[int, bytes]:
    """Status and head of the answer to a form that is posted in chunks."""
    with socket.create_connection(("localhost", site.backend), timeout=30) as client:
        client.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        for chunk in chunks:
            client.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        client.sendall(b"0\r\n\r\n")
        answer = client.makefile("rb").read()
    return int(answer.split()[1]), answer


def test_a_chunked_form_is_stored_with_its_text(production):
    form = enquiry(brotli.decompress(fetch(production, "/contact/", "br")[1]).decode(), email="chunked@example.com")
    status, answer = post_chunked(production, "/contact/", [form[:7], form[7:100], form[100:]])
    assert (status, b"Location: /contact/thanks/" in answer) == (303, True)
    with closing(sqlite3.connect(production.var / "db.sqlite3")) as database:
        rows = "SELECT space_requirements FROM leads_submission WHERE email = 'chunked@example.com'"
        assert database.execute(rows).fetchall() == [("Ten designers in Makati by March.",)]


def test_an_invalid_chunked_form_keeps_its_text(production):
    status, answer = post_chunked(production, "/contact/", [b"first_name=Ana&space_requirements=Ten+designers"])
    assert status == 422
    assert b"Ten designers" in answer


def test_a_chunked_body_has_the_usual_size_limits(production):
    status, answer = post_chunked(production, "/contact/", [b"x" * 100_000] * 3)
    assert (status, b"more than this form can take" in answer) == (413, True)
    status, answer = post_chunked(production, "/contact/", [b"x" * 100_000] * 70)
    assert (status, answer.endswith(b"larger than this site can take.\n")) == (413, True)


def test_a_get_with_a_chunked_body_is_answered(production):
    with closing(http.client.HTTPConnection("localhost", production.backend, timeout=30)) as connection:
        for _ in range(2):  # on one connection: the next request begins where the body ended
            connection.request("GET", "/privacy/", iter([b"a", b"b"]), THROUGH_TLS, encode_chunked=True)
            response = connection.getresponse()
            assert (response.status, b"</html>" in response.read()) == (200, True)


def test_malformed_chunks_answer_400(production):
    with socket.create_connection(("localhost", production.backend), timeout=30) as client:
        client.sendall(b"POST /contact/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


def login(site: Production) -> int:
    """The status of a log-in with a valid CSRF token and a wrong password."""
    with closing(http.client.HTTPConnection("localhost", site.backend, timeout=30)) as connection:
        token = "c" * 32
        headers = {**THROUGH_TLS, "Cookie": f"csrftoken={token}", "Origin": f"https://localhost:{site.https}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        form = urlencode({"username": "admin", "password": "wrong", "csrfmiddlewaretoken": token})
        connection.request("POST", "/admin/login/", form, headers)
        return connection.getresponse().status


def test_twelve_simultaneous_log_ins_do_not_block_an_enquiry(production):
    page = brotli.decompress(fetch(production, "/contact/", "br")[1]).decode()
    redrawn = post_chunked(production, "/contact/", [enquiry(page, math_answer="99")])[1].decode()
    form = enquiry(redrawn, email="meanwhile@example.com")  # its question is different
    with ThreadPoolExecutor(12) as threads:
        statuses = threads.map(login, [production] * 12)
        assert post_chunked(production, "/contact/", [form])[0] == 303
        assert set(statuses) == {200, 429}


def test_gunicorn_logs_an_exception_without_personal_data(tmp_path):
    (port,) = free_ports(1)
    log = tmp_path / "log"
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    with (
        running([*command, "tests.deploy.failing_application"], port, log, environment(tmp_path, 443)),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection,
    ):
        connection.request("GET", "/contact/")
        assert connection.getresponse().status == 500
    lines = log.read_text()
    assert re.search(r"^\[.+\] \[\d+\] \[ERROR\] Error handling request GET /contact/$", lines, re.MULTILINE)
    assert "in application\n    raise OperationalError" in lines
    assert re.search(r"^django\.db\.utils\.OperationalError$", lines, re.MULTILINE)
    assert "Ana" not in lines
