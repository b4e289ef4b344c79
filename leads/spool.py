"""
Where accepted enquiries wait while the database cannot take them.

SPOOL_DIR holds files of JSON, one enquiry a line, each synced to the disk before its visitor is thanked:
- `enquiries.jsonl`: new ones. A replay first renames it to `enquiries-<time>.jsonl`.
- `refused.jsonl`: what the database answered with an error, such as a column that this release does not know yet. Tried
  again every RETRY_SECONDS, for ever.
- `unreadable.jsonl`: lines that are no enquiry in JSON. `manage.py respool` puts them back after a repair.

A replay may be repeated, since storing is idempotent. Each web host has a spool and a worker of its own.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from leads.intake import store
from leads.models import Submission

logger = logging.getLogger(__name__)

FIELDS = [field.name for field in Submission._meta.concrete_fields if field.name not in ("id", "lead")]
NEW, REFUSED, UNREADABLE = "enquiries.jsonl", "refused.jsonl", "unreadable.jsonl"
RETRY_SECONDS = 60


class SpoolError(OSError):
    """The enquiry could not be written: the disk is full, or may not be written to."""


def keep(submission: Submission) -> None:
    """Put an unsaved submission on the disk. Raises SpoolError, and then has written nothing."""
    line = json.dumps({name: getattr(submission, name) for name in FIELDS}, cls=DjangoJSONEncoder)
    try:
        append(NEW, [line.encode()])
    except OSError as error:
        raise SpoolError(error.errno, error.strerror) from error


def append(name: str, lines: list[bytes]) -> None:
    """Add whole lines to a file of the spool, synced. Raises OSError, and then has written nothing."""
    with locked("enquiries.lock"), (folder() / name).open("ab") as file:
        size = file.tell()
        try:
            write(file.fileno(), end_of_torn_line(name, size) + b"\n".join(lines) + b"\n")
        except OSError:
            os.ftruncate(file.fileno(), size)
            raise


def replay() -> int:
    """
    Store what waits, oldest first, and say how many enquiries were stored; 0 as well while another process replays.

    Raises django.db.Error when the database cannot be reached, and OSError when the spool cannot be read; everything
    waits on.
    """
    with locked("replay.lock", wait=False) as is_ours:
        if not is_ours:
            return 0
        set_aside(NEW)
        if age_seconds(folder() / REFUSED) > RETRY_SECONDS:
            set_aside(REFUSED)
        return sum(replay_file(path) for path in sorted(folder().glob("enquiries-*.jsonl")))


def set_aside(name: str) -> None:
    """Give a file the name under which it is replayed, so that what comes now goes to a new file."""
    with locked("enquiries.lock"):
        path = folder() / name
        if path.exists():
            path.rename(folder() / f"enquiries-{time.time_ns():020}.jsonl")


def replay_file(path: Path) -> int:
    refused, unreadable, count = [], [], 0
    for line in path.read_bytes().splitlines():
        if not line.strip():
            continue
        submission = read(line)
        if submission is None:
            unreadable.append(line)
        elif is_stored(submission):
            count += 1
        else:
            refused.append(line)
    for name, lines in ((REFUSED, refused), (UNREADABLE, unreadable)):
        if lines:
            append(name, lines)
            logger.error("%s spooled enquiries are in %s now.", len(lines), name)
    path.unlink()
    return count


def read(line: bytes) -> Submission | None:
    """
    The enquiry of the line; None if it is none.

    Fields that this release does not know are left out, and those it lacks have their default: the line may be of the
    release before or after this one.
    """
    try:
        values = json.loads(line)
        known: dict[str, Any] = {name: values[name] for name in FIELDS if name in values}
        known["received_at"] = datetime.fromisoformat(known["received_at"])
        if not all(isinstance(known[name], str) and known[name] for name in ("key", "reference")):
            raise TypeError
    except (ValueError, TypeError, KeyError):
        return None
    submission = Submission(**{**known, "waiting": True})
    submission.has_former_key = "waiting" not in values  # type: ignore[attr-defined]
    return submission


def is_stored(submission: Submission) -> bool:
    """False if the database refused this enquiry. Raises OperationalError or InterfaceError if it is away."""
    try:
        store(with_own_key(submission))
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, TypeError) as error:
        logger.warning("The database refuses a spooled enquiry (%s); it is tried again.", type(error).__name__)
        return False
    return True


def with_own_key(submission: Submission) -> Submission:
    """
    The submission, with another key if a former release spooled it under one that a stored enquiry has.

    That release made the key without the content, and thanked both senders.
    """
    if getattr(submission, "has_former_key", False):
        content = {name: getattr(submission, name) for name in Submission.CONTENT}
        if Submission.objects.filter(key=submission.key).exclude(**content).exists():
            submission.key = sha256(json.dumps([submission.key, content]).encode()).hexdigest()
    return submission


def respool() -> int:
    """Put the unreadable lines back for the next replay, after somebody repaired them; how many there are."""
    path = folder() / UNREADABLE
    count = count_lines(path)
    set_aside(UNREADABLE)
    return count


def waiting() -> tuple[int, float]:
    """How many files wait, and when the oldest of their first enquiries came (seconds since 1970). Raises OSError."""
    since = []
    for path in folder().glob("*.jsonl"):
        try:
            with path.open("rb") as file:
                first = read(file.readline())
        except FileNotFoundError:  # replayed meanwhile
            continue
        since.append(first.received_at.timestamp() if first else time.time())
    return len(since), min(since, default=time.time())


def count_lines(path: Path) -> int:
    """How many enquiries a file of the spool holds; 0 if there is no such file."""
    try:
        return sum(1 for line in path.read_bytes().splitlines() if line.strip())
    except FileNotFoundError:
        return 0


def age_seconds(path: Path) -> float:
    """Since the file was last written; 0 if there is none."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return 0.0


def folder() -> Path:
    path: Path = settings.SPOOL_DIR
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def end_of_torn_line(name: str, size: int) -> bytes:
    """A line break, where a process died in the middle of the last line."""
    if size == 0:
        return b""
    with (folder() / name).open("rb") as file:
        file.seek(size - 1)
        return b"" if file.read(1) == b"\n" else b"\n"


def write(descriptor: int, data: bytes) -> None:
    """All of it, on the disk, with the folder's entry of the file."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
    directory = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def locked(name: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock against all processes of this machine; without `wait`, yields False where another has it."""
    with (folder() / name).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
