"""gunicorn alone, with nothing in front of it."""

import http.client
import re
from contextlib import closing

import brotli  # type: ignore[import-untyped]
import pytest

from tests.deploy.production import Production
from tests.deploy.test_nginx import EXPLAINER

pytestmark = pytest.mark.xdist_group("nginx")

THROUGH_TLS = {"X-Forwarded-Proto": "https"}
FIRST_TCP_WINDOW = 14_600  # bytes: ten segments, what a server sends before the first acknowledgement


def fetch(site: Production, path: str, coding: str) -> tuple[str, bytes]:
    """The answer's Content-Encoding and its body as it came."""
    with closing(http.client.HTTPConnection("localhost", site.backend, timeout=30)) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": coding, **THROUGH_TLS})
        response = connection.getresponse()
        assert response.status == 200
        return response.headers.get("Content-Encoding", ""), response.read()


def test_the_explainer_with_its_style_sheet_and_script_fits_the_first_tcp_window(production):
    coding, page = fetch(production, EXPLAINER, "gzip, deflate, br")
    assert coding == "br"
    names = re.findall(r'"(/static/site\.\w{12}\.(?:css|js))"', brotli.decompress(page).decode())
    assert len(names) == 2
    files = [fetch(production, name, "gzip, deflate, br") for name in names]
    assert {coding for coding, _ in files} == {"br"}
    sizes = [len(body) for body in [page, *(body for _, body in files)]]
    assert sum(sizes) <= FIRST_TCP_WINDOW, sizes
