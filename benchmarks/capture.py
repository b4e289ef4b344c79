"""
How fast enquiries are accepted on PostgreSQL, as ratios of what is measured beside it in the same run:

    bin/with-postgres .venv/bin/python -m benchmarks.capture

Sixteen clients post the form to gunicorn, and to a bare Django view that validates the same fields with a plain form
and inserts one row; pgbench inserts a row of the same width in a transaction of its own. The contestants take turns;
each figure is the median of the rounds. bin/with-postgres runs without fsync, for all three alike.
"""

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg2

from tests.deploy.production import environment, free_ports, running

CLIENTS = 16
ROUNDS = 5
SECONDS = 4
TEXT = "Ten designers in Makati by March, with desks, screens and a room to meet in. " * 4


@dataclass
class Figures:
    """Enquiries accepted per second; latency in milliseconds."""

    rate: float
    p50: float
    p99: float


def form(client: int, number: int, challenge: str, answer: str) -> str:
    return urlencode({
        "first_name": "Ana",
        "last_name": f"Reyes {client}",
        "phone": f"0917 {number // 10_000 % 900 + 100} {number % 10_000:04}",  # another person each time
        "email": f"client{client}.{number}@example.com",
        "space_requirements": TEXT,
        "math_answer": answer,
        "math_challenge": challenge,
        "page": "/contact/",
    })  # fmt: skip


def post_all(port: int, path: str, challenge: str, answer: str, run: int) -> Figures:
    """A round of posts by all clients, each on a connection that is kept; an answer but 303 stops the run."""
    times: list[float] = []
    refused: list[int] = []
    end = time.monotonic() + SECONDS

    def post(client: int) -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        number = 0
        while time.monotonic() < end:
            number += 1
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": f"10.{run}.{client * 10 + number // 250}.{number % 250}",
            }
            started = time.perf_counter()
            connection.request("POST", path, form(client, run * 100_000 + number, challenge, answer), headers)
            response = connection.getresponse()
            response.read()
            times.append(time.perf_counter() - started)
            if response.status != 303:
                refused.append(response.status)
                break
        connection.close()

    threads = [threading.Thread(target=post, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        sys.exit(f"{path} answered {refused[0]}")
    milliseconds = sorted(1000 * each for each in times)
    return Figures(len(times) / SECONDS, statistics.median(milliseconds), milliseconds[int(len(times) * 0.99)])


def pgbench(folder: Path) -> Figures:
    """pgbench with the same number of clients, and its own log of each transaction's microseconds."""
    script = folder / "insert.sql"
    script.write_text(f"INSERT INTO bench_row (text) VALUES ('{'x' * (len(TEXT) + 700)}');")
    for old in folder.glob("pgbench_log*"):
        old.unlink()
    command = [f"{os.environ['PGBIN']}/pgbench", "--no-vacuum", f"--client={CLIENTS}", "--jobs=2", f"--time={SECONDS}"]
    command += ["--log", f"--file={script}", os.environ["DATABASE_URL"]]
    out = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"tps = ([\d.]+) \(without", out)
    log = "".join(path.read_text() for path in folder.glob("pgbench_log*"))
    times = sorted(int(line.split()[2]) / 1000 for line in log.splitlines())
    return Figures(float(rate[1]) if rate else 0, statistics.median(times), times[int(len(times) * 0.99)])


def main() -> None:
    if "PGBIN" not in os.environ:
        sys.exit("Run it with PostgreSQL: bin/with-postgres .venv/bin/python -m benchmarks.capture")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site_port, bare_port = free_ports(2)
        env = environment(folder / "var", 443) | {
            "SITE_URL": "http://localhost",
            "DATABASE_URL": os.environ["DATABASE_URL"],
        }
        subprocess.run([sys.executable, "manage.py", "prepare"], env=env, check=True, capture_output=True)
        with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_row (id bigserial PRIMARY KEY, text text)")
        connection.close()
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind"]
        site = [*gunicorn, f"localhost:{site_port}", "outsourcing_site.wsgi"]
        bare = [*gunicorn, f"localhost:{bare_port}", "benchmarks.bare_form"]
        with (
            running(site, site_port, folder / "site.log", env),
            running(bare, bare_port, folder / "bare.log", env),
        ):
            client = http.client.HTTPConnection("localhost", site_port)
            client.request("GET", "/contact/")
            page = client.getresponse().read().decode()
            one, other = re.findall(r"What is (\d) \+ (\d)\?", page)[0]
            challenge = page.partition('name="math_challenge" value="')[2].partition('"')[0]
            rounds: dict[str, list[Figures]] = {"pgbench, one insert": [], "bare Django view": [], "our site": []}
            for run in range(ROUNDS + 1):
                figures = [
                    pgbench(folder),
                    post_all(bare_port, "/", challenge, str(int(one) + int(other)), run),
                    post_all(site_port, "/contact/", challenge, str(int(one) + int(other)), run),
                ]
                if run:  # the first is to warm up
                    for each, figure in zip(rounds.values(), figures, strict=True):
                        each.append(figure)
    report(rounds)


def report(rounds: dict[str, list[Figures]]) -> None:
    print("| | accepted/s | p50 ms | p99 ms |\n|---|---|---|---|")
    rates = {}
    for name, each in rounds.items():
        medians = (statistics.median(getattr(one, part) for one in each) for part in ("rate", "p50", "p99"))
        rates[name], p50, p99 = medians
        print(f"| {name} | {rates[name]:,.0f} | {p50:.1f} | {p99:.1f} |")
    print(f"\nour site: {rates['our site'] / rates['bare Django view']:.2f} of the bare Django view")


if __name__ == "__main__":
    main()
