"""
The sign of life of this host's worker: a file in SPOOL_DIR, which the worker shares with the web server whose spool it
replays. So one host's worker never covers for another's, and the question needs no database.
"""

import time

from leads import spool

NAME = "worker-heartbeat"
SILENT_MAX_SECONDS = 120


def beat() -> None:
    """Raises OSError if the spool cannot be written to."""
    (spool.folder() / NAME).write_text(f"{time.time():.0f}\n")


def seconds_since_beat() -> float | None:
    """None if no worker has ever given a sign. Raises OSError."""
    try:
        return max(0.0, time.time() - float((spool.folder() / NAME).read_text()))
    except (FileNotFoundError, ValueError):
        return None
