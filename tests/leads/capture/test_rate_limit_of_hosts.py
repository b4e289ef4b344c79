"""With CACHE_URL, hosts share one count of posts; if Redis is unreachable, there is no limit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.production import ROOT, environment, free_ports, running
from tests.support.tools import find_tool

COUNT = """
import django
django.setup()
from datetime import UTC, datetime
from leads.capture import rate_limit
waits = [rate_limit.seconds_to_wait("office", datetime(2026, 11, 23, 12, tzinfo=UTC)) for _ in range(20)]
print(sum(wait > 0 for wait in waits))
"""


def refused(folder: Path, port: int) -> int:
    """How many of twenty posts a new host refuses."""
    settings = {"DJANGO_SETTINGS_MODULE": "outsourcing_site.settings", "CACHE_URL": f"redis://127.0.0.1:{port}/0"}
    result = subprocess.run(
        [sys.executable, "-c", COUNT],
        cwd=ROOT, env=environment(folder / "var", 443) | settings, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(result.stdout)


def test_hosts_share_one_count(tmp_path):
    (port,) = free_ports(1)
    redis = [find_tool("redis-server", "redis-server"), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with running(redis, port, tmp_path / "redis.log", {"PATH": os.environ["PATH"]}):
        assert [refused(tmp_path, port) for _ in range(3)] == [0, 10, 20]


def test_without_redis_no_client_is_refused(tmp_path):
    assert refused(tmp_path, free_ports(1)[0]) == 0


@pytest.mark.parametrize("url", ["nonsense", "memcached://127.0.0.1", "redis"])
def test_an_invalid_cache_url_stops_the_start(tmp_path, url):
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment(tmp_path, 443) | {"CACHE_URL": url}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 1
    assert "CACHE_URL is not understood: give redis://" in result.stderr
    assert "Traceback" not in result.stderr
