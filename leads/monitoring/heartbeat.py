"""
The heartbeat of this host's worker: a file in SPOOL_DIR, which the worker shares with this host's web server.

A file, not a row: each host is checked by itself, and without the database. It shows that the replay of the spool runs;
readiness finds a step that has stopped by the rows that wait.
"""

import time

from leads import spool

NAME = "worker-heartbeat"
SILENT_MAX_SECONDS = 120


def beat() -> None:
    """Record the time. Raises OSError if the spool is not writable."""
    (spool.folder() / NAME).write_text(f"{time.time():.0f}\n")


def seconds_since_beat() -> float | None:
    """None if there has been no heartbeat. Raises OSError."""
    try:
        return max(0.0, time.time() - float((spool.folder() / NAME).read_text()))
    except (FileNotFoundError, ValueError):
        return None
