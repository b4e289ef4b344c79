"""A real nginx with deploy/nginx.conf: caching, limits, and the answers without the site behind it."""

import gzip
import http.client
import re
import socket
import ssl
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.pages import EXPLAINER, enquiry
from tests.support.production import Production, production_site
from tests.support.tools import find_tool

pytestmark = pytest.mark.xdist_group("nginx")


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def cache(self) -> str:
        return self.headers.get("X-Cache", "")


def ask(site: Production, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """One request over TLS. Underscores in names of headers stand for hyphens."""
    context = ssl._create_unverified_context()  # noqa: S323 - the certificate was made a minute ago
    connection = http.client.HTTPSConnection("localhost", site.https, context=context, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


FORM = {"Content_Type": "application/x-www-form-urlencoded"}


def test_the_home_page_is_served_through_nginx(production):
    assert ask(production, "/").status == 200


def test_plain_http_redirects_to_https(production):
    connection = http.client.HTTPConnection("localhost", production.http, timeout=10)
    connection.request("GET", "/contact/?a=1")
    response = connection.getresponse()
    assert response.status == 301
    assert response.headers["Location"] == f"https://localhost:{production.https}/contact/?a=1"
    connection.close()


def test_http_2_is_offered(production):
    context = ssl._create_unverified_context()  # noqa: S323
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("localhost", production.https), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_campaign_parameters_share_one_cached_page(production):
    first = ask(production, "/privacy/")
    for query in ["", "?utm_source=news&utm_medium=mail", "?gclid=abc", "?fbclid=abc"]:
        again = ask(production, f"/privacy/{query}")
        assert again.cache == "HIT"
        assert again.body == first.body
    assert "Set-Cookie" not in first.headers


def test_a_known_etag_of_a_cached_page_answers_304(production):
    page = ask(production, "/privacy/")
    known = ask(production, "/privacy/", If_None_Match=page.headers["ETag"])
    assert (known.status, known.body) == (304, b"")


def test_head_is_answered_from_the_cached_page(production):
    page = ask(production, "/privacy/")
    head = ask(production, "/privacy/", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == page.headers["ETag"]


def test_pages_are_compressed_on_request(production):
    plain = ask(production, EXPLAINER)
    small = ask(production, EXPLAINER, Accept_Encoding="gzip")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    for answer in (plain, small):
        assert answer.headers.get_all("Vary") == ["Accept-Encoding"]


def test_one_cached_copy_serves_every_content_coding(production):
    first = ask(production, "/feed/")
    for coding in ["gzip", "br", "gzip, deflate, br, zstd", "identity", "*"]:
        again = ask(production, "/feed/", Accept_Encoding=coding)
        assert again.cache == "HIT"
        assert again.headers["ETag"].removeprefix("W/") == first.headers["ETag"]
    held = [
        path
        for path in (production.var.parent / "cache").rglob("*")
        if path.is_file() and b"/feed/\n" in path.read_bytes()
    ]
    assert len(held) == 1


def test_static_files_are_compressed_and_cached_for_a_year(production):
    page = ask(production, "/").body.decode()
    path = re.search(r'href="(/static/site\.\w{12}\.css)"', page)[1]  # type: ignore[index]
    for encoding in ["br", "gzip"]:
        answer = ask(production, path, Accept_Encoding=encoding)
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    plain = ask(production, "/static/site.css")
    assert plain.headers["Cache-Control"] == "public, max-age=3600"


PATHS = ["/", "/admin/login/", "/nowhere/", "/contact/thanks/?ref=7KQ2-M4XW", "/static/icon.svg", "/static/none.css"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_each_security_header_once(production, path):
    check_security_headers(ask(production, path))


def check_security_headers(answer: Answer) -> None:
    headers = answer.headers
    for name in [
        "Content-Security-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
    ]:
        assert len(headers.get_all(name) or []) == 1, name
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize("path", ["/admin/login/", "/contact/thanks/?ref=7KQ2-M4XW", "/nowhere/"])
def test_personal_pages_are_never_cached(production, path):
    for _ in range(2):
        answer = ask(production, path)
        assert answer.cache in ("", "MISS")
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_cached_form_is_accepted_and_a_forged_address_ignored(production):
    page = ask(production, EXPLAINER).body.decode()
    answers = [
        ask(production, "/contact/", "POST", enquiry(page), X_Forwarded_For=spoofed, **FORM)
        for spoofed in ["198.51.100.1", "198.51.100.2"]
    ]
    assert [answer.status for answer in answers] == [303, 303]
    # Both came from this machine, whatever the header says: one client, one enquiry, one reference.
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert ask(production, EXPLAINER).status == 200


def test_a_post_does_not_replace_the_cached_page(production):
    held = ask(production, "/contact/")
    wrong = ask(production, "/contact/", "POST", enquiry(held.body.decode(), math_answer="99"), **FORM)
    assert wrong.status == 422
    assert ask(production, "/contact/").body == held.body


def test_a_form_or_body_over_its_limit_answers_413(production):
    page = ask(production, "/contact/").body.decode()
    ours = ask(production, "/contact/", "POST", enquiry(page, space_requirements="x" * 300_000), **FORM)
    assert (ours.status, b"more than this form can take" in ours.body) == (413, True)
    nginxs = ask(production, "/contact/", "POST", b"x" * 600_000, **FORM)
    assert (nginxs.status, b"more than this form can take" in nginxs.body) == (413, True)
    assert b"(+632) 7796540" in nginxs.body


def at_once(count: int, request: Callable[[int], Answer]) -> list[Answer]:
    """The answers to requests that are sent at the same time, by number."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(request, range(count)))


def count_limited(answers: list[Answer]) -> int:
    """How many of the answers are those of the rate limit of nginx."""
    limited = [answer for answer in answers if b"too much at once" in answer.body]
    for answer in limited:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Cache-Control"] == "no-store"
    return len(limited)


def log_in(site: Production, address: str) -> Answer:
    return ask(site, "/admin/login/", "POST", b"username=admin&password=wrong", X_Test_Address=address, **FORM)


def test_log_ins_are_limited_while_an_enquiry_is_accepted(production):
    page = ask(production, "/contact/").body.decode()
    with ThreadPoolExecutor(1) as meanwhile:
        post = meanwhile.submit(
            ask, production, "/contact/", "POST", enquiry(page), X_Test_Address="203.0.113.1", **FORM
        )
        answers = at_once(12, lambda _: log_in(production, "203.0.113.1"))
        assert post.result().status == 303
    assert count_limited(answers) >= 5
    assert count_limited([log_in(production, "203.0.113.2")]) == 0
    assert ask(production, "/admin/login/", X_Test_Address="203.0.113.1").status == 200  # reading is not limited


def test_an_ipv6_network_is_limited_as_one_client(production):
    answers = at_once(12, lambda number: log_in(production, f"2001:db8::{number:x}:1"))
    assert count_limited(answers) >= 5
    assert count_limited([log_in(production, "2001:db8:0:1::1")]) == 0


def test_forty_simultaneous_posts_of_one_address_reach_the_site(production):
    page = ask(production, "/contact/").body.decode()
    answers = at_once(
        40, lambda _: ask(production, "/contact/", "POST", enquiry(page), X_Test_Address="203.0.113.3", **FORM)
    )
    assert count_limited(answers) == 0
    for answer in answers:  # over 30 a minute the site answers with the form filled in
        assert answer.status == 303 or (answer.status == 429 and b"Ten designers in Makati" in answer.body)


def test_nginx_refuses_posts_over_its_rate_limit(production):
    answers = at_once(120, lambda _: ask(production, "/contact/", "POST", b"", X_Test_Address="203.0.113.4", **FORM))
    assert count_limited(answers) > 0
    assert count_limited([ask(production, "/contact/", "POST", b"", X_Test_Address="203.0.113.6", **FORM)]) == 0


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/healthz", "203.0.113.5", 200),
        ("/readyz", "203.0.113.5", 403),
        ("/acceptz", "203.0.113.5", 403),
        ("/metrics", "203.0.113.5", 404),
        ("/metrics", "127.0.0.1", 404),  # through a proxy with METRICS_TOKEN alone
        ("/readyz", "10.1.2.3", 503),  # of a site without a delivery worker
        ("/readyz", "::1", 503),
    ],
)
def test_probes_and_metrics_are_restricted_by_address(production, path, address, status):
    answer = ask(production, path, X_Test_Address=address)
    assert answer.status == status
    assert answer.cache in ("", "MISS")
    assert (b"worker" in answer.body) == (status == 503)


def test_a_client_that_stops_sending_is_disconnected(production):
    context = ssl._create_unverified_context()  # noqa: S323
    with (
        socket.create_connection(("localhost", production.https), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"POST /contact/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nfirst_name=")
        while secure.recv(1000):  # until nginx closes the connection, after a second in this test
            pass  # otherwise the time-out of the socket raises


def test_without_gunicorn_cached_pages_still_answer(tmp_path):
    with production_site(tmp_path) as site:
        pages = {path: ask(site, path).body for path in ["/", EXPLAINER, "/contact/"]}
        site.stop_gunicorn()
        for path, body in pages.items():
            answer = ask(site, path)
            assert (answer.status, answer.body) == (200, body)
        never_asked_for = ask(site, "/privacy/")
        posted = ask(site, "/contact/", "POST", enquiry(pages["/contact/"].decode()), **FORM)
        for answer in (never_asked_for, posted):
            assert answer.status == 502
            assert b"(+632) 7796540" in answer.body
            assert answer.headers["Cache-Control"] == "no-store"
            check_security_headers(answer)


def test_nginx_accepts_the_configuration_without_warnings(production, tmp_path):
    result = subprocess.run(
        [find_tool("nginx", "nginx"), "-t", "-c", production.var.parent / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "[warn]" not in result.stderr
