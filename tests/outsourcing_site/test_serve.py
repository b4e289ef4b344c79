"""A real bin/serve restarts a delivery worker that ended, and leaves no process behind."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.production import ROOT, copy_static_files, free_ports

pytestmark = [
    pytest.mark.xdist_group("serve"),  # not in parallel: bin/serve may set up .venv
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]


@dataclass
class Serve:
    process: subprocess.Popen
    log: Path

    def commands(self) -> dict[int, str]:
        """Process id and command line of each process in the session of bin/serve."""
        commands = {}
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdecimal() and os.getsid(int(folder.name)) == self.process.pid:
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if command:  # empty for a process that ended and was not waited for
                        commands[int(folder.name)] = command
            except OSError:  # it has ended
                continue
        return commands

    def workers(self) -> list[int]:
        return [pid for pid, command in self.commands().items() if "manage.py deliver" in command]


def wait_for(condition: Callable[[], object], seconds: int = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("var")
    copy_static_files(folder)
    return folder


@pytest.fixture
def serve(tmp_path, var) -> Iterator[Serve]:
    (port,) = free_ports(1)
    log = tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PORT": str(port),
        "VAR_DIR": str(var),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            ["bin/serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as in a terminal
        )
    started = Serve(process, log)
    try:
        wait_for(lambda: process.poll() is not None or (started.workers() and "gunicorn" in str(started.commands())))
        assert process.poll() is None, log.read_text()
        yield started
    finally:
        for pid in started.commands():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(timeout=30)


def test_a_killed_delivery_worker_is_restarted(serve):
    (first,) = serve.workers()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: [pid for pid in serve.workers() if pid != first], seconds=30)
    assert len(serve.workers()) == 1
    assert "serve: the delivery worker ended; another one starts." in serve.log.read_text()
    stop(serve, signal.SIGTERM)


def test_web_workers_leave_ctrl_c_to_their_master(serve):
    def web_processes() -> list[int]:
        return sorted(pid for pid, command in serve.commands().items() if "gunicorn" in command)

    wait_for(lambda: len(web_processes()) > 1, seconds=30)
    wait_for(lambda: all(ignores(worker, signal.SIGINT) for worker in web_processes()[1:]), seconds=30)
    stop(serve, signal.SIGTERM)


def ignores(pid: int, number: signal.Signals) -> bool:
    (mask,) = re.findall(r"^SigIgn:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(mask, 16) & 1 << (number - 1))


def test_ctrl_c_ends_every_process(serve):
    check_how_to_set_a_lost_password(serve.log.read_text())
    stop(serve, signal.SIGINT)


def test_sigterm_ends_it_while_a_worker_restarts(serve):
    os.kill(serve.workers()[0], signal.SIGKILL)
    wait_for(lambda: not serve.workers(), seconds=30)
    stop(serve, signal.SIGTERM)


def stop(serve: Serve, stop_signal: signal.Signals) -> None:
    if stop_signal == signal.SIGINT:
        os.killpg(serve.process.pid, stop_signal)  # as a terminal does: the signal goes to the whole group
    else:
        serve.process.send_signal(stop_signal)
    assert serve.process.wait(timeout=30) == 0
    assert serve.commands() == {}


def check_how_to_set_a_lost_password(log: str) -> None:
    hint = re.search(r"Lost the password\? (.*changepassword) admin$", log, re.MULTILINE)
    assert hint
    assert hint[1].endswith(".venv/bin/python manage.py changepassword")
    words = shlex.split(hint[1])
    assignments = dict(word.split("=", 1) for word in words if "=" in word)
    for name, answer in [("admin", "Changing password for user 'admin'"), ("no-such", "user 'no-such' does not exist")]:
        result = subprocess.run(
            [*(word for word in words if "=" not in word), name],
            cwd=ROOT, env={"PATH": os.environ["PATH"], **assignments}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, start_new_session=True,
        )  # fmt: skip
        assert answer in result.stdout + result.stderr
