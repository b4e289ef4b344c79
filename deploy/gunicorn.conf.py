"""How gunicorn runs the site; command-line flags override it."""

import multiprocessing
import os

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
