"""How gunicorn runs the site. Command-line flags override it."""

import multiprocessing
import os
import shutil
import signal
import tempfile
from typing import Any

# Where the processes count for /metrics. prometheus_client reads this when it is first imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")

from prometheus_client.multiprocess import mark_process_dead

workers = int(os.environ.get("WEB_CONCURRENCY", min(4, multiprocessing.cpu_count() + 1)))
threads = 4
worker_class = "gthread"
preload_app = True  # a wrong configuration stops the start with one sentence, instead of failing in each worker
timeout = 30
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190
loglevel = "warning"
logger_class = "outsourcing_site.gunicorn_logger.PrivateLogger"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """
    Ignore Ctrl-C in the workers: the master stops them.

    A terminal sends it to all processes, and a worker of gunicorn that is told twice to quit waits for itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def child_exit(server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
