"""One file that holds everything of the embedded default: the database, uploads, mail and what is spooled."""

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

DATABASE = "db.sqlite3"
FOLDERS = ["media", "mail", "spool"]


class ArchiveError(Exception):
    """One sentence to act on."""


def database() -> Path:
    if connection.vendor != "sqlite":
        raise ArchiveError("This database is PostgreSQL's to back up: use pg_dump and pg_restore, as README.md says.")
    return Path(str(connection.settings_dict["NAME"]))


def folders() -> dict[str, Path]:
    """Where each folder of an archive belongs."""
    places = {name: Path(settings.VAR_DIR) / name for name in FOLDERS}
    return {**places, "media": Path(settings.MEDIA_ROOT), "spool": Path(settings.SPOOL_DIR)}


def backup(target: Path) -> int:
    """
    Write an archive while the site runs, and say how many submissions it holds. Readable by its owner alone.

    The spool is copied before the database: an enquiry that is replayed meanwhile is in both, and stored once. The
    database is copied by SQLite's online backup and checked before the file appears under its name.
    """
    source = database()
    if target.exists():
        raise ArchiveError(f"{target} exists already: give another name.")
    if not source.exists():
        raise ArchiveError(f"There is no database at {source}.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy, spooled = Path(folder) / DATABASE, Path(folder) / "spool"
            copy_spool(folders()["spool"], spooled)
            with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(copy)) as there:
                here.backup(there)
            count = checked(copy)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600), "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz") as archive:
                    archive.add(copy, DATABASE)
                    for name, place in {**folders(), "spool": spooled}.items():
                        if place.exists():
                            archive.add(place, name)
                file.flush()
                os.fsync(file.fileno())
        partial.rename(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ArchiveError(f"{target} cannot be written: {error.strerror}.") from None
    return count


def copy_spool(source: Path, target: Path) -> None:
    """Without what a replay removes meanwhile: that is in the database, which is copied after."""
    target.mkdir()
    for path in source.glob("*.jsonl") if source.exists() else ():
        with suppress(FileNotFoundError):
            shutil.copyfile(path, target / path.name)


def restore(source: Path, *, replace: bool) -> int:
    """
    Put an archive's state in place, with the site stopped, and say how many submissions it holds.

    Everything is unpacked and checked before anything is touched; with `replace`, what was there is kept beside it.
    """
    target = database()
    if target.exists() and not replace:
        raise ArchiveError(f"{target} exists: stop the site and say --replace, which keeps it beside the restored one.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with unpacked(source, target.parent) as folder:
        count = checked(folder / DATABASE)
        write_ahead_log_into(target)
        for name, place in {DATABASE: target, **folders()}.items():
            put_in_place(folder / name, place)
    return count


def write_ahead_log_into(path: Path) -> None:
    """So that the database is whole without the files beside it, which a restored one must not find."""
    if path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        aside(path.with_name(path.name + suffix))


@contextmanager
def unpacked(source: Path, near: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=near) as name:
        folder = Path(name)
        try:
            with tarfile.open(source) as archive:
                archive.extractall(folder, filter="data")
        except (OSError, EOFError, tarfile.TarError) as error:
            raise ArchiveError(f"{source} cannot be read: {error}.") from None
        yield folder


def checked(path: Path) -> int:
    """How many submissions the database holds. Raises ArchiveError if it is damaged or none of ours."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            ((verdict,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
            ((count,),) = copy.execute("SELECT count(*) FROM leads_submission").fetchall()
    except sqlite3.Error as error:
        raise ArchiveError(f"The database in it cannot be read: {error}.") from None
    if verdict != "ok":
        raise ArchiveError(f"The database in it is damaged: {verdict}.")
    return int(count)


def put_in_place(new: Path, place: Path) -> None:
    aside(place)
    if new.exists():
        shutil.move(new, place)


def aside(place: Path) -> None:
    """Keep what is there under a name that is free."""
    if not place.exists():
        return
    number = 1
    while (kept := place.with_name(f"{place.name}.before-restore-{number}")).exists():
        number += 1
    place.rename(kept)
