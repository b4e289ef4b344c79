"""Backup of a site on SQLite in one file: the database, uploads, mail that was written to files, and the spool."""

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

DATABASE_NAME = "db.sqlite3"
FOLDER_NAMES = ["media", "mail", "spool"]


class BackupError(Exception):
    """A backup or restore that cannot be done. Its message is one sentence that says what to do."""


def database_path() -> Path:
    """Raises BackupError if the database is not SQLite."""
    if connection.vendor != "sqlite":
        raise BackupError("The database is PostgreSQL: use pg_dump and pg_restore, as docs/operations.md says.")
    return Path(str(connection.settings_dict["NAME"]))


def folder_paths() -> dict[str, Path]:
    """Where each folder of a backup is on this machine."""
    paths = {name: Path(settings.VAR_DIR) / name for name in FOLDER_NAMES}
    return {**paths, "media": Path(settings.MEDIA_ROOT), "spool": Path(settings.SPOOL_DIR)}


def write_backup(target: Path) -> int:
    """
    Write a backup while the site runs; only its owner can read it. Returns the number of submissions in it.

    The spool is copied before the database: an enquiry that is replayed in between is in both, and is stored once.
    The database is copied with SQLite's online backup, and checked before the file gets its final name. Raises
    BackupError.
    """
    source = database_path()
    if target.exists():
        raise BackupError(f"{target} exists already: give another name.")
    if not source.exists():
        raise BackupError(f"There is no database at {source}.")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            database, spool = Path(name) / DATABASE_NAME, Path(name) / "spool"
            copy_spool(folder_paths()["spool"], spool)
            copy_database(source, database)
            count = verify(database)
            write_archive(partial, {DATABASE_NAME: database, **folder_paths(), "spool": spool})
        partial.rename(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    return count


def copy_spool(source: Path, target: Path) -> None:
    """Copy the spool's files. A file that a replay removes meanwhile is skipped: its enquiries are in the database."""
    target.mkdir()
    for path in source.glob("*.jsonl") if source.exists() else ():
        with suppress(FileNotFoundError):
            shutil.copyfile(path, target / path.name)


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def write_archive(target: Path, paths: dict[str, Path]) -> None:
    """Write the files and folders that exist to a tar file under the given names, and sync it to the disk."""
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, path in paths.items():
                if path.exists():
                    archive.add(path, name)
        file.flush()
        os.fsync(file.fileno())


def restore_backup(source: Path, *, replace: bool) -> int:
    """
    Restore a backup while the site is stopped. Returns the number of submissions in it.

    Everything is unpacked and checked before anything is changed. With `replace`, the present files are kept under
    another name; without it, an existing database is an error. Raises BackupError.
    """
    target = database_path()
    if target.exists() and not replace:
        raise BackupError(
            f"{target} exists: stop the site and add --replace, which keeps the present files under another name."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with unpacked(source, target.parent) as folder:
        count = verify(folder / DATABASE_NAME)
        checkpoint(target)
        for name, path in {DATABASE_NAME: target, **folder_paths()}.items():
            put_in_place(folder / name, path)
    return count


def checkpoint(database: Path) -> None:
    """Write the write-ahead log into the database, and rename its files, which SQLite would apply to the new one."""
    if database.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as present:
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        rename_existing(database.with_name(database.name + suffix))


@contextmanager
def unpacked(source: Path, parent: Path) -> Iterator[Path]:
    """The backup's content in a temporary folder below `parent`. Raises BackupError if the file cannot be read."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        try:
            with tarfile.open(source) as archive:
                archive.extractall(folder, filter="data")
        except (OSError, EOFError, tarfile.TarError) as error:
            raise BackupError(f"{source} cannot be read: {error}.") from None
        yield folder


def verify(database: Path) -> int:
    """The number of submissions in the database. Raises BackupError if it is damaged or is not a site's database."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
            ((verdict,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
            ((count,),) = copy.execute("SELECT count(*) FROM leads_submission").fetchall()
    except sqlite3.Error as error:
        raise BackupError(f"The database in the backup cannot be read: {error}.") from None
    if verdict != "ok":
        raise BackupError(f"The database in the backup is damaged: {verdict}.")
    return int(count)


def put_in_place(restored: Path, path: Path) -> None:
    """Move a restored file or folder to `path`, whose present content is renamed."""
    rename_existing(path)
    if restored.exists():
        shutil.move(restored, path)


def rename_existing(path: Path) -> None:
    """Rename the file or folder, if there is one, to the first free name `….before-restore-N`."""
    if not path.exists():
        return
    number = 1
    while (renamed := path.with_name(f"{path.name}.before-restore-{number}")).exists():
        number += 1
    path.rename(renamed)
