"""
Where accepted enquiries wait while the database is away.

SPOOL_DIR holds files of JSON, one enquiry a line, each on the disk (fsync) before its visitor is thanked. New ones go
to `enquiries.jsonl`; a replay first puts that aside under a name with its time. A replay may be repeated: accept()
knows what it has stored by the submission's key. What can never be stored goes to `unreadable.jsonl`, for a person to
look at.
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

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, IntegrityError

from leads.intake import KeyTakenError, accept
from leads.models import Submission

logger = logging.getLogger(__name__)

FIELDS = [field.name for field in Submission._meta.fields if field.name not in ("id", "lead")]


class SpoolError(OSError):
    """The enquiry could not be written: the disk is full, or may not be written to."""


def keep(submission: Submission) -> None:
    """Put an unsaved submission on the disk. Raises SpoolError, and then has written nothing."""
    line = json.dumps({name: getattr(submission, name) for name in FIELDS}, cls=DjangoJSONEncoder) + "\n"
    try:
        with locked("enquiries.lock"), (folder() / "enquiries.jsonl").open("ab") as file:
            size = file.tell()
            try:
                write(file.fileno(), end_of_torn_line(size) + line.encode())
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise
    except OSError as error:
        raise SpoolError(error.errno, error.strerror) from error


def replay() -> int:
    """
    Store what waits, oldest first, and say how many enquiries there were; 0 as well while another process replays.

    Raises django.db.Error when the database is away still: everything waits on.
    """
    with locked("replay.lock", wait=False) as is_ours:
        if not is_ours:
            return 0
        with locked("enquiries.lock"):
            current = folder() / "enquiries.jsonl"
            if current.exists():
                current.rename(folder() / f"enquiries-{time.time_ns():020}.jsonl")
        count = 0
        for path in sorted(folder().glob("enquiries-*.jsonl")):
            lines = path.read_bytes().splitlines()
            unreadable = [line for line in lines if line.strip() and not store(line)]
            if unreadable:
                logger.error(
                    "%s spooled enquiries cannot be stored: see %s/unreadable.jsonl", len(unreadable), folder()
                )
                with (folder() / "unreadable.jsonl").open("ab") as file:
                    write(file.fileno(), b"\n".join(unreadable) + b"\n")
            path.unlink()
            count += len(lines) - len(unreadable)
        return count


def store(line: bytes) -> bool:
    """Store the enquiry of the line; False if that can never be."""
    try:
        fields = json.loads(line)
        fields["received_at"] = datetime.fromisoformat(fields["received_at"])
        submission = Submission(**fields)
        try:
            accept(submission)
        except KeyTakenError:
            # Its visitor was thanked while nobody could know that the key was taken: it is an enquiry of its own.
            content = json.dumps([fields[name] for name in Submission.CONTENT])
            accept(Submission(**{**fields, "key": sha256(f"{submission.key} {content}".encode()).hexdigest()}))
    except (ValueError, TypeError, KeyError, DataError, IntegrityError, KeyTakenError):
        logger.exception("A spooled enquiry cannot be stored.")
        return False
    return True


def waiting() -> tuple[int, float]:
    """How many files wait, the unreadable one among them, and since when the oldest does (seconds since the epoch)."""
    since = []
    for path in folder().glob("*.jsonl"):
        try:
            since.append(path.stat().st_mtime)
        except FileNotFoundError:  # replayed meanwhile
            continue
    return len(since), min(since, default=time.time())


def folder() -> Path:
    path: Path = settings.SPOOL_DIR
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def end_of_torn_line(size: int) -> bytes:
    """A line break, where a process died in the middle of the last line."""
    if size == 0:
        return b""
    with (folder() / "enquiries.jsonl").open("rb") as file:
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
