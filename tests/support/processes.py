"""The site as real processes to kill or freeze: database, gunicorn, delivery workers, mail server, webhook."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from aiosmtpd.controller import Controller

from tests.support.production import ROOT, free_ports, prepare_site, wait_until_it_listens
from tests.support.tools import find_tool

GUNICORN_WORKERS = 3
DELIVERY_WORKERS = 2
LATE, LATE_SECONDS = 0.01, 12  # longer than EMAIL_TIMEOUT
LEASE_SECONDS = 25  # instead of two minutes, to wait less for the messages of a killed worker
DELIVER = f"""
import django
django.setup()
from datetime import timedelta
from django.core.management import call_command
from leads import spool
from leads.outbox import worker
worker.LEASE = timedelta(seconds={LEASE_SECONDS})
spool.RETRY_SECONDS = 2
call_command("deliver")
"""
SETTINGS = """
from leads.outbox.models import Endpoint, OutboxSettings
OutboxSettings.objects.create(alert_to="sales@site.example", acknowledge=False)
Endpoint.objects.create(url="{url}")
"""


databases_of_its_own = pytest.mark.skipif(
    "DATABASE_URL" in os.environ, reason="starts both databases itself: runs once, with the default one"
)


class Postgres:
    """A temporary cluster of bin/with-postgres, which pg_ctl stops and starts."""

    def __init__(self) -> None:
        if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            find_tool("initdb", "postgresql")
        say = 'printf "%s\\n" "$DATABASE_URL" "$PGBIN" "$PGDATA"; read _'
        self.process = subprocess.Popen(
            ["bin/with-postgres", "sh", "-c", say], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.url, self.programs, self.data = (self.process.stdout.readline().strip() for _ in range(3))
        assert self.data, "bin/with-postgres did not start"

    def control(self, *args: str) -> None:
        command = [f"{self.programs}/pg_ctl", "--pgdata", self.data, "--silent", *args]
        if os.getuid() == 0:  # the cluster belongs to an account that owns nothing else
            command = ["runuser", "-u", Path(self.data).owner(), "--", *command]
        subprocess.run(command, cwd="/", check=False, capture_output=True, timeout=60)

    def stop(self, mode: str) -> None:
        self.control("stop", "--mode", mode)

    def start(self) -> None:
        options = (Path(self.data) / "postmaster.opts").read_text().split("postgres", 1)[1].split('"')[1::2]
        log = str(Path(self.data).parent / "server.log")
        arguments = " ".join(option for option in options if option not in ("-D", self.data))
        self.control("start", "--wait", "--log", log, "-o", arguments)

    def processes(self) -> list[int]:
        """The server and all its children."""
        server = int((Path(self.data) / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        return [server, *map(int, children)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within this context it answers nothing, while the kernel still accepts connections for it."""
        stopped: list[int] = []
        try:
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    stopped.append(pid)
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def execute_alone(self, sql: str) -> None:
        """Execute outside a transaction, as ALTER SYSTEM requires, and without waiting for a standby."""
        with closing(psycopg2.connect(self.url, options="-c synchronous_commit=local")) as connection:
            connection.autocommit = True
            connection.cursor().execute(sql)

    def close(self) -> None:
        self.process.communicate("\n", timeout=60)


class SQLite:
    """The embedded default, with the interface of Postgres."""

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"sqlite:///{path}"

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        pass


@dataclass
class Receiver:
    """Counts what arrived, by delivery id, at a mail server or a webhook that fails at random."""

    random: random.Random
    failing: bool = True
    taken_unheard: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)

    def fails(self) -> bool:
        return self.failing and self.random.random() < 0.3


class FlakyMail(Receiver):
    """Refuses temporarily, answers too late, or closes the connection before or after it took the message."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        kind = self.random.choice(["refuse", "hang up", "hang up after"]) if self.fails() else "take"
        if self.failing and self.random.random() < LATE:
            await asyncio.sleep(LATE_SECONDS)
            return "451 Never heard"
        if kind == "refuse":
            return "451 Try again later"
        if kind == "hang up":
            server.transport.abort()
            return "451 Never sent"
        message = message_from_bytes(envelope.content)
        key = message["Message-ID"]
        self.arrived[f"{key} {envelope.rcpt_tos[0]}"] += 1
        self.texts[f"{key} {envelope.rcpt_tos[0]}"] = envelope.content.decode()
        if kind == "hang up after":
            self.taken_unheard += 1
            server.transport.abort()
        return "250 OK"


class FlakyHook(Receiver):
    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if self.fails():
            handler.send_response(self.random.choice([500, 503, 429]))
        else:
            self.arrived[handler.headers["webhook-id"]] += 1
            self.texts[handler.headers["webhook-id"]] = body.decode()
            handler.send_response(204)
        handler.end_headers()


@contextmanager
def hook_server(hook: FlakyHook) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.answer(self)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Site:
    """All processes of the site. `break_something` causes one fault and repairs it."""

    random: random.Random
    environment: dict[str, str]
    database: Postgres | SQLite
    port: int
    folder: Path
    mail: FlakyMail
    hook: FlakyHook
    web: list[subprocess.Popen] = field(default_factory=list)
    workers: list[subprocess.Popen] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)

    def manage(self, *args: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT, env=self.environment, check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return result.stdout

    def start_worker(self) -> None:
        with (self.folder / "deliver.log").open("a") as log:
            self.workers.append(
                subprocess.Popen(
                    [sys.executable, "-c", DELIVER], cwd=ROOT, env=self.environment, stdout=log, stderr=log
                )
            )

    def start_web(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "outsourcing_site.wsgi"]
        path = self.folder / "gunicorn.log"
        with path.open("a") as log:
            self.web.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log))
        wait_until_it_listens(self.web[-1], self.port, path)

    def break_something(self, kinds: list[str]) -> None:
        kind = self.random.choice(kinds)
        self.broken[kind] += 1
        getattr(self, f"break_{kind}")()

    def break_web(self) -> None:
        """Kill a worker of gunicorn, which then starts another."""
        children = Path(f"/proc/{self.web[-1].pid}/task/{self.web[-1].pid}/children").read_text().split()
        if children:
            os.kill(int(self.random.choice(children)), signal.SIGKILL)

    def break_master(self) -> None:
        """Kill the master of gunicorn, whose workers then end, and restart it as a service manager does."""
        self.web[-1].kill()
        self.web[-1].wait()
        self.start_web()

    def break_worker(self) -> None:
        worker = self.workers.pop(self.random.randrange(len(self.workers)))
        worker.kill()
        worker.wait()
        self.start_worker()

    def break_stop(self, mode: str = "fast") -> None:
        assert isinstance(self.database, Postgres)
        self.database.stop(mode)
        time.sleep(self.random.uniform(0.2, 2))
        self.database.start()

    def break_crash(self) -> None:
        self.break_stop("immediate")

    def break_freeze(self) -> None:
        assert isinstance(self.database, Postgres)
        with self.database.frozen():
            time.sleep(self.random.uniform(1, 6))

    def break_schema(self) -> None:
        """Add a mandatory column of the next release, unknown to the running release, for a while."""
        self.database.execute("ALTER TABLE leads_submission ADD COLUMN next_release int NOT NULL DEFAULT 0")
        self.database.execute("ALTER TABLE leads_submission ALTER COLUMN next_release DROP DEFAULT")
        time.sleep(self.random.uniform(0.5, 2))
        self.database.execute("ALTER TABLE leads_submission DROP COLUMN next_release")

    def break_spool(self) -> None:
        """Make the spool unwritable, as with a full disk, while the database is available."""
        time.sleep(3)  # until the web processes know that the database is back
        lock = self.folder / "var" / "spool" / "enquiries.lock"
        lock.rename(lock.with_suffix(".aside"))
        while not lock.is_dir():
            lock.unlink(missing_ok=True)  # another process has just created it again
            with suppress(FileExistsError):
                lock.mkdir()
        time.sleep(self.random.uniform(0.5, 2))
        lock.rmdir()
        lock.with_suffix(".aside").rename(lock)

    def stop(self) -> None:
        for process in [*self.workers, *self.web]:
            process.terminate()
        for process in [*self.workers, *self.web]:
            process.wait(timeout=60)


@contextmanager
def site(folder: Path, seed: int, database: Postgres | SQLite) -> Iterator[Site]:
    chance = random.Random(seed)
    mail, hook = FlakyMail(random.Random(seed + 1)), FlakyHook(random.Random(seed + 2))
    with ExitStack() as stack:
        smtp = Controller(mail, hostname="127.0.0.1", port=free_ports(1)[0])
        smtp.start()
        stack.callback(smtp.stop)
        hook_url = stack.enter_context(hook_server(hook))
        stack.callback(database.close)
        (port,) = free_ports(1)
        environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder / "var"),
            "DJANGO_SECRET_KEY": "a key for tests alone, long enough to be taken for a secret",
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
            "SITE_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": database.url,
            "TRUSTED_PROXIES": "1",
            "WEB_CONCURRENCY": str(GUNICORN_WORKERS),
            "DJANGO_SETTINGS_MODULE": "outsourcing_site.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES": "on",
        }
        prepare_site(environment)
        running_site = Site(chance, environment, database, port, folder, mail, hook)
        stack.callback(running_site.stop)
        running_site.start_web()
        running_site.manage("shell", "--command", SETTINGS.format(url=hook_url))
        for _ in range(DELIVERY_WORKERS):
            running_site.start_worker()
        yield running_site
