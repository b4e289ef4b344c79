"""The site as real processes that may be killed: PostgreSQL, gunicorn, delivery workers, a mail server, a webhook."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.deploy.production import ROOT, free_ports, running

GUNICORN_WORKERS = 3
DELIVERY_WORKERS = 2
LATE, LATE_SECONDS = 0.01, 12  # longer than EMAIL_TIMEOUT
LEASE_SECONDS = 25  # instead of two minutes, for a killed worker's messages to be waited for
DELIVER = f"""
import django
django.setup()
from datetime import timedelta
from django.core.management import call_command
from leads.outbox import worker
worker.LEASE = timedelta(seconds={LEASE_SECONDS})
call_command("deliver")
"""
SETTINGS = """
from leads.outbox.models import Endpoint, OutboxSettings
OutboxSettings.objects.create(alert_to="sales@site.example", acknowledge=False)
Endpoint.objects.create(url="{url}")
"""


class Postgres:
    """A throw-away cluster of bin/with-postgres, which its environment's PGBIN and PGDATA stop and start."""

    def __init__(self) -> None:
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

    def close(self) -> None:
        self.process.communicate("\n", timeout=60)


@dataclass
class Receiver:
    """What arrived, by stable id, at a mail server or a webhook that fail at random."""

    random: random.Random
    failing: bool = True
    taken_unheard: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)

    def fails(self) -> bool:
        return self.failing and self.random.random() < 0.3


class FlakyMail(Receiver):
    """Refuses for now, answers too late, or hangs up in the middle; sometimes after the message was taken."""

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
    """Everything that runs. `break_something` breaks one thing and mends it."""

    random: random.Random
    environment: dict[str, str]
    postgres: Postgres
    gunicorn: subprocess.Popen
    port: int
    folder: Path
    mail: FlakyMail
    hook: FlakyHook
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

    def break_something(self) -> None:
        kind = self.random.choice(["gunicorn", "gunicorn", "delivery", "fast", "immediate"])
        self.broken[kind] += 1
        if kind == "gunicorn":
            children = Path(f"/proc/{self.gunicorn.pid}/task/{self.gunicorn.pid}/children").read_text().split()
            if children:
                os.kill(int(self.random.choice(children)), signal.SIGKILL)
        elif kind == "delivery":
            worker = self.workers.pop(self.random.randrange(len(self.workers)))
            worker.kill()
            worker.wait()
            self.start_worker()
        else:
            self.postgres.stop(kind)
            time.sleep(self.random.uniform(0.2, 2))
            self.postgres.start()

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(timeout=60)


@contextmanager
def site(folder: Path, seed: int) -> Iterator[Site]:
    chance = random.Random(seed)
    mail, hook = FlakyMail(random.Random(seed + 1)), FlakyHook(random.Random(seed + 2))
    with ExitStack() as stack:
        smtp = Controller(mail, hostname="127.0.0.1", port=free_ports(1)[0])
        smtp.start()
        stack.callback(smtp.stop)
        hook_url = stack.enter_context(hook_server(hook))
        postgres = Postgres()
        stack.callback(postgres.close)
        (port,) = free_ports(1)
        environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder / "var"),
            "DJANGO_SECRET_KEY": "a key for tests alone, long enough to be taken for a secret",
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
            "SITE_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": postgres.url,
            "TRUSTED_PROXIES": "1",
            "WEB_CONCURRENCY": str(GUNICORN_WORKERS),
            "DJANGO_SETTINGS_MODULE": "outsourcing_site.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES": "on",
        }
        subprocess.run(
            [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{port}", "outsourcing_site.wsgi"]
        gunicorn = stack.enter_context(running(command, port, folder / "gunicorn.log", environment))
        running_site = Site(chance, environment, postgres, gunicorn, port, folder, mail, hook)
        stack.callback(running_site.stop)
        running_site.manage("shell", "--command", SETTINGS.format(url=hook_url))
        for _ in range(DELIVERY_WORKERS):
            running_site.start_worker()
        yield running_site
