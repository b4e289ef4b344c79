"""
The heartbeat of this host's worker: a file in SPOOL_DIR, which the worker shares with this host's web server.

So the worker of one host never hides that another host has none, and the check needs no database.
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
