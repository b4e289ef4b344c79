"""How gunicorn runs the site; command-line flags override it."""

import multiprocessing
import os
import shutil
import tempfile
from typing import Any

# Where the processes count for /metrics: prometheus_client looks when it is first imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")

from prometheus_client.multiprocess import mark_process_dead

workers = int(os.environ.get("WEB_CONCURRENCY", min(4, multiprocessing.cpu_count() + 1)))
threads = 4
worker_class = "gthread"
preload_app = True  # a broken configuration stops the start, in one sentence, instead of every worker
timeout = 30
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190
loglevel = "warning"
control_socket_disable = True


def child_exit(server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
