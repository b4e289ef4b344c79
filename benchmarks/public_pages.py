"""
Throughput and latency of reading the explainer, relative to baselines in the same run:

    .venv/bin/python -m benchmarks.public_pages

Our nginx in front against nginx serving the same bytes as a static file, and gunicorn alone against a bare Django view
without middleware. The contestants take turns, so that noise of the machine affects all of them; each figure is the
median of the rounds. Needs nginx and wrk (Debian packages of these names).
"""

import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.production import ROOT, environment, free_ports, production_site, running

EXPLAINER = "/articles/key-differences-between-bpo-and-kpo/"
ROUNDS = 11
SECONDS = 2
THROUGH_TLS = "X-Forwarded-Proto: https"  # what our nginx tells gunicorn
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass
class Figures:
    """Requests per second; latency in milliseconds."""

    rate: float
    p50: float
    p99: float


def wrk(url: str, connections: int) -> Figures:
    """One round of load on the URL. Exits if a request fails."""
    command = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-H", THROUGH_TLS, url]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"{url}: {out}")
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", out)
    latency = {percent: milliseconds(out, percent) for percent in ("50", "99")}
    return Figures(float(rate), latency["50"], latency["99"])


def milliseconds(out: str, percent: str) -> float:
    ((value, unit),) = re.findall(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)", out, re.MULTILINE)
    return float(value) * UNITS[unit]


def median(rounds: list[Figures]) -> Figures:
    return Figures(
        *(statistics.median(getattr(figures, name) for figures in rounds) for name in ("rate", "p50", "p99"))
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name, production_site(Path(name)) as site:
        folder = Path(name)
        nginx = f"https://localhost:{site.https}"
        gunicorn = f"http://localhost:{site.backend}{EXPLAINER}"
        page = fetch(nginx + EXPLAINER)
        (site.var / "static" / "same-bytes.html").write_bytes(page)
        body = folder / "page.html"
        body.write_bytes(page)
        (bare_port,) = free_ports(1)
        bare = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind"]
        bare += [f"127.0.0.1:{bare_port}", "benchmarks.bare"]
        bare_environment = {"PATH": os.environ["PATH"], "BODY": str(body), "WEB_CONCURRENCY": "2"}
        contestants = {
            "nginx, static file of the same bytes": f"{nginx}/static/same-bytes.html",
            "nginx, our configuration": nginx + EXPLAINER,
            "gunicorn, bare view": f"http://localhost:{bare_port}/",
            "gunicorn, our page": gunicorn,
        }
        with running(bare, bare_port, folder / "bare.log", bare_environment):
            if {fetch(url) for url in contestants.values()} != {page}:
                sys.exit("The contestants do not send the same bytes.")
            table = {connections: compete(contestants, connections) for connections in (1, 32)}
        report(page, table)
        os.environ.update(environment(site.var, site.https), DJANGO_SETTINGS_MODULE="outsourcing_site.settings")
        django.setup()
        print("Queries to draw a page, and again while a worker holds it:")
        client = Client(headers={"Host": "localhost"})
        for path in ["/", EXPLAINER, "/contact/"]:
            print(f"{path} {queries(client, path)}, {queries(client, path)}")


def fetch(url: str) -> bytes:
    command = ["curl", "--silent", "--insecure", "--header", THROUGH_TLS, url]
    return subprocess.run(command, check=True, capture_output=True).stdout


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(path, secure=True)
    return len(captured)


def compete(contestants: dict[str, str], connections: int) -> dict[str, Figures]:
    rounds: dict[str, list[Figures]] = {name: [] for name in contestants}
    for url in contestants.values():
        wrk(url, connections)  # to warm up
    for _ in range(ROUNDS):
        for name, url in contestants.items():
            rounds[name].append(wrk(url, connections))
    return {name: median(figures) for name, figures in rounds.items()}


def report(page: bytes, table: dict[int, dict[str, Figures]]) -> None:
    print("| connections | | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|")
    for connections, contestants in table.items():
        for name, figures in contestants.items():
            print(f"| {connections} | {name} | {figures.rate:,.0f} | {figures.p50:.2f} | {figures.p99:.2f} |")
    for connections, contestants in table.items():
        static, ours, bare, alone = (figures.rate for figures in contestants.values())
        print(f"\n{connections} connections: nginx {ours / static:.2f} of the static file, ", end="")
        print(f"gunicorn {alone / bare:.2f} of the bare view", end="")
    print("\n\nBytes over the wire, compressed:")
    sheet, script = (ROOT / "static" / name for name in ("site.css", "site.js"))
    sizes = {
        "page": len(gzip.compress(page, 5)),
        "style sheet": len(gzip.compress(sheet.read_bytes(), 9)),
        "script": len(gzip.compress(script.read_bytes(), 9)),
    }
    print(", ".join(f"{name} {size:,}" for name, size in sizes.items()), f"- together {sum(sizes.values()):,}")


if __name__ == "__main__":
    main()
