"""
Throughput and latency of accepting enquiries on PostgreSQL, relative to baselines in the same run, and throughput of
their admission:

    FSYNC=on bin/with-postgres .venv/bin/python -m benchmarks.capture

Sixteen clients post the form to gunicorn, and to a bare Django view that validates the same fields with a plain form
and inserts one row; pgbench inserts a row of the same width in a transaction of its own. The contestants take turns;
each figure is the median of the rounds. All of them wait for fsync. Then a worker admits BURST enquiries, and the site
and the bare view take turns again while the delivery worker admits and sends on the same cores.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg2

from tests.support.production import environment, free_ports, running

CLIENTS = 16
ROUNDS = 5
SECONDS = 4
BURST = 10_000
SETTINGS = (
    "from leads.outbox.models import OutboxSettings; OutboxSettings.objects.create(alert_to='sales@site.example')"
)
ADMIT = """
import time
from django.utils import timezone
from leads.admission.admit import admit_waiting
started, count = time.monotonic(), 0
while admitted := admit_waiting(timezone.now()):
    count += admitted
print(count, time.monotonic() - started)
"""
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
        "phone": f"0917 {number // 10_000 % 900 + 100} {number % 10_000:04}",  # a person of its own for every post
        "email": f"client{client}.{number}@example.com",
        "space_requirements": TEXT,
        "math_answer": answer,
        "math_challenge": challenge,
        "page": "/contact/",
    })  # fmt: skip


def post_all(port: int, path: str, challenge: str, answer: str, run: int) -> Figures:
    """A round of posts by all clients, each on one connection. Exits on any response but 303."""
    times: list[float] = []
    refusals: list[int] = []
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
                refusals.append(response.status)
                break
        connection.close()

    threads = [threading.Thread(target=post, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refusals:
        sys.exit(f"{path} answered {refusals[0]}")
    milliseconds = sorted(1000 * seconds for seconds in times)
    return Figures(len(times) / SECONDS, statistics.median(milliseconds), milliseconds[int(len(times) * 0.99)])


def pgbench(folder: Path) -> Figures:
    """A round of pgbench with the same number of clients, from its log of each transaction's microseconds."""
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


def question(port: int) -> tuple[str, str]:
    """The token of the form's present math question, and the answer."""
    client = http.client.HTTPConnection("localhost", port)
    client.request("GET", "/contact/")
    page = client.getresponse().read().decode()
    one, other = re.findall(r"What is (\d) \+ (\d)\?", page)[0]
    return page.partition('name="math_challenge" value="')[2].partition('"')[0], str(int(one) + int(other))


def execute(sql: str) -> int:
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        count = cursor.rowcount
    connection.close()
    return count


def main() -> None:
    if "PGBIN" not in os.environ:
        sys.exit("Run it with PostgreSQL: FSYNC=on bin/with-postgres .venv/bin/python -m benchmarks.capture")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site_port, bare_port = free_ports(2)
        env = environment(folder / "var", 443) | {
            "SITE_URL": "http://localhost",
            "DATABASE_URL": os.environ["DATABASE_URL"],
        }
        manage(env, "prepare")
        manage(env, "shell", "-v0", "-c", SETTINGS)
        execute("CREATE TABLE bench_row (id bigserial PRIMARY KEY, text text)")
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind"]
        site = [*gunicorn, f"localhost:{site_port}", "outsourcing_site.wsgi"]
        bare = [*gunicorn, f"localhost:{bare_port}", "benchmarks.bare_form"]
        with (
            running(site, site_port, folder / "site.log", env),
            running(bare, bare_port, folder / "bare.log", env),
        ):
            challenge = question(site_port)
            contestants: dict[str, Callable[[int], Figures]] = {
                "pgbench, one insert": lambda run: pgbench(folder),
                "bare Django view": lambda run: post_all(bare_port, "/", *challenge, run),
                "our site, a burst": lambda run: post_all(site_port, "/contact/", *challenge, run),
            }
            burst = take_turns(contestants, range(ROUNDS + 1))
            report(burst, "bare Django view", "our site, a burst")
            admission(env)
            del contestants["pgbench, one insert"]
            contestants["our site, admitting beside it"] = contestants.pop("our site, a burst")
            with deliver(env, folder):
                beside = take_turns(contestants, range(ROUNDS + 1, 2 * ROUNDS + 2))
            report(beside, "bare Django view", "our site, admitting beside it")


def manage(env: dict[str, str], *args: str) -> str:
    command = [sys.executable, "manage.py", *args]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def take_turns(contestants: dict[str, Callable[[int], Figures]], runs: range) -> dict[str, list[Figures]]:
    """Run the contestants in turn, once for each number in `runs`. The first round only warms up."""
    rounds: dict[str, list[Figures]] = {name: [] for name in contestants}
    for run in runs:
        for name, contestant in contestants.items():
            figures = contestant(run)
            if run != runs.start:
                rounds[name].append(figures)
    return rounds


def admission(env: dict[str, str]) -> None:
    """Admit BURST of the waiting submissions; each queues an alert and, within the caps, an acknowledgement."""
    waiting = "SELECT id FROM leads_submission WHERE waiting ORDER BY id OFFSET"
    execute(f"UPDATE leads_submission SET waiting = false WHERE id IN ({waiting} {BURST})")
    count, seconds = map(float, manage(env, "shell", "-v0", "-c", ADMIT).split()[-2:])
    print(f"\nadmission: {count:,.0f} in {seconds:.1f} s, {count / seconds:,.0f} a second by one worker\n")


@contextmanager
def deliver(env: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / "deliver.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "manage.py", "deliver"], env=env, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def report(rounds: dict[str, list[Figures]], baseline: str, measured: str) -> None:
    print("| | accepted/s | p50 ms | p99 ms |\n|---|---|---|---|")
    rates = {}
    for name, figures in rounds.items():
        rates[name], p50, p99 = (
            statistics.median(getattr(figure, part) for figure in figures) for part in ("rate", "p50", "p99")
        )
        print(f"| {name} | {rates[name]:,.0f} | {p50:.1f} | {p99:.1f} |")
    print(f"\n{measured}: {rates[measured] / rates[baseline]:.2f} of the {baseline}")


if __name__ == "__main__":
    main()
