"""
The spool: enquiries on the disk of this host, while the database cannot store them.

SPOOL_DIR holds JSON Lines files, with one enquiry on each line. A line is synced to the disk before the visitor gets an
answer.
- `enquiries.jsonl`: new enquiries. A replay first renames it to `enquiries-<time>.jsonl`.
- `refused.jsonl`: enquiries that the database refused with an error, such as a missing column during a deployment. They
  are retried every RETRY_SECONDS, without end.
- `unreadable.jsonl`: lines that are not an enquiry in JSON. `manage.py respool` puts them back after a repair.

A replay may be repeated, since storing is idempotent. Each web host has its own spool and its own worker.
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

SPOOLED_FIELDS = [field.name for field in Submission._meta.concrete_fields if field.name not in ("id", "lead")]
NEW, REFUSED, UNREADABLE = "enquiries.jsonl", "refused.jsonl", "unreadable.jsonl"
RETRY_SECONDS = 60


class SpoolError(OSError):
    """The enquiry could not be written: the disk is full or not writable."""


def keep(submission: Submission) -> None:
    """Write an unsaved submission to the disk. If it raises SpoolError, nothing was written."""
    line = json.dumps({name: getattr(submission, name) for name in SPOOLED_FIELDS}, cls=DjangoJSONEncoder)
    try:
        append(NEW, [line.encode()])
    except OSError as error:
        raise SpoolError(error.errno, error.strerror) from error


def append(name: str, lines: list[bytes]) -> None:
    """Add lines to a file of the spool, synced. If it raises OSError, nothing was written."""
    with locked("enquiries.lock"), (folder() / name).open("ab") as file:
        size = file.tell()
        try:
            write(file.fileno(), end_of_torn_line(name, size) + b"\n".join(lines) + b"\n")
        except OSError:
            os.ftruncate(file.fileno(), size)
            raise


def replay() -> int:
    """
    Store the spooled enquiries, oldest first. Returns how many were stored; 0 while another process replays.

    Raises django.db.Error if the database cannot be reached, and OSError if the spool cannot be read; nothing is lost.
    """
    with locked("replay.lock", wait=False) as is_locked:
        if not is_locked:
            return 0
        queue_for_replay(NEW)
        if age_seconds(folder() / REFUSED) > RETRY_SECONDS:
            queue_for_replay(REFUSED)
        return sum(replay_file(path) for path in sorted(folder().glob("enquiries-*.jsonl")))


def queue_for_replay(name: str) -> None:
    """Rename a file for the replay, so that new enquiries go to a new file."""
    with locked("enquiries.lock"):
        path = folder() / name
        if path.exists():
            path.rename(folder() / f"enquiries-{time.time_ns():020}.jsonl")


def replay_file(path: Path) -> int:
    """Store the enquiries of one file, move the others to their files, and delete it. Returns how many were stored."""
    refused, unreadable, count = [], [], 0
    for line in path.read_bytes().splitlines():
        if not line.strip():
            continue
        values = parse(line)
        if values is None:
            unreadable.append(line)
        elif try_store(values):
            count += 1
        else:
            refused.append(line)
    for name, lines in ((REFUSED, refused), (UNREADABLE, unreadable)):
        if lines:
            append(name, lines)
            logger.error("%s spooled enquiries are in %s now.", len(lines), name)
    path.unlink()
    return count


def parse(line: bytes) -> dict[str, Any] | None:
    """The values of the enquiry on a line; None if it is not an enquiry."""
    try:
        values: dict[str, Any] = json.loads(line)
        values["received_at"] = datetime.fromisoformat(values["received_at"])
        if not all(isinstance(values[name], str) and values[name] for name in ("key", "reference")):
            raise TypeError
    except (ValueError, TypeError, KeyError):
        return None
    return values


def submission_of(values: dict[str, Any]) -> Submission:
    """
    The submission with the values of a line, which the release before or after this one may have written.

    Unknown fields are left out; missing ones have their default.
    """
    submission = Submission(**{name: values[name] for name in SPOOLED_FIELDS if name in values})
    submission.waiting = True
    if "waiting" not in values:  # from a release whose keys did not contain the content
        submission.key = key_for_old_line(submission)
    return submission


def key_for_old_line(submission: Submission) -> str:
    """
    The key of an enquiry from a release that could accept two enquiries under one key: the second one gets another key.
    """
    content = {name: getattr(submission, name) for name in Submission.CONTENT if name != "phone_as_typed"}
    if Submission.objects.filter(key=submission.key).exclude(**content).exists():
        return sha256(json.dumps([submission.key, content]).encode()).hexdigest()
    return submission.key


def try_store(values: dict[str, Any]) -> bool:
    """
    Store the enquiry; False if the database refuses it.

    Raises OperationalError or InterfaceError if the database cannot be reached.
    """
    try:
        store(submission_of(values))
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, TypeError) as error:
        logger.warning("The database refuses a spooled enquiry (%s); it is tried again.", type(error).__name__)
        return False
    return True


def respool() -> int:
    """Queue the unreadable lines for the next replay, after a repair. Returns how many there are."""
    path = folder() / UNREADABLE
    count = count_lines(path)
    queue_for_replay(UNREADABLE)
    return count


def waiting() -> tuple[int, float]:
    """
    The number of files, and the earliest `received_at` among their first lines, in seconds since the epoch (now if
    there is none). Raises OSError.
    """
    since = []
    for path in folder().glob("*.jsonl"):
        try:
            with path.open("rb") as file:
                first = parse(file.readline())
        except FileNotFoundError:  # it was replayed meanwhile
            continue
        since.append(first["received_at"].timestamp() if first else time.time())
    return len(since), min(since, default=time.time())


def count_lines(path: Path) -> int:
    """The number of enquiries in a file of the spool; 0 if there is no such file."""
    try:
        return sum(1 for line in path.read_bytes().splitlines() if line.strip())
    except FileNotFoundError:
        return 0


def age_seconds(path: Path) -> float:
    """The time since the file was last written; 0 if there is no file."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return 0.0


def folder() -> Path:
    """SPOOL_DIR, which is made if it is missing. Raises OSError."""
    path: Path = settings.SPOOL_DIR
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def end_of_torn_line(name: str, size: int) -> bytes:
    """A line break if the file ends in the middle of a line, because a process died."""
    if size == 0:
        return b""
    with (folder() / name).open("rb") as file:
        file.seek(size - 1)
        return b"" if file.read(1) == b"\n" else b"\n"


def write(descriptor: int, data: bytes) -> None:
    """Write all data and sync the file and its folder. Raises OSError."""
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
    """Hold a lock among the processes of this host. Without `wait`, yields False if another process holds it."""
    with (folder() / name).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
