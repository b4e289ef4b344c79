"""A backup of the SQLite installation is complete, and a failed restore changes nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from outsourcing_site import backup

ROOT = Path(__file__).resolve().parents[2]
ENQUIRE = (
    "from secrets import token_hex; from tests import build; from tests.build import accept; "
    "accept(build.submission(key=token_hex(32)))"
)


class Installation:
    """A separate installation in a folder, run by its commands."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.database = var / "db.sqlite3"

    def manage(self, *args: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "VAR_DIR": str(self.var), "DATABASE_URL": f"sqlite:///{self.database}"}
        return subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def run(self, *args: str) -> str:
        result = self.manage(*args)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def enquire(self, count: int) -> None:
        self.run("shell", "-c", f"for _ in range({count}): exec({ENQUIRE!r})")

    def count(self) -> int:
        with closing(sqlite3.connect(self.database)) as database:
            return int(database.execute("SELECT count(*) FROM leads_submission").fetchone()[0])


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A VAR_DIR with three enquiries that each test copies."""
    installation = Installation(tmp_path_factory.mktemp("original") / "var")
    installation.run("migrate", "-v0")
    installation.enquire(3)
    (installation.var / "media").mkdir()
    (installation.var / "media" / "a.svg").write_text("<svg/>")
    return installation.var


@pytest.fixture
def site(tmp_path: Path, original: Path) -> Installation:
    shutil.copytree(original, tmp_path / "var")
    return Installation(tmp_path / "var")


def test_a_backup_is_restored_elsewhere(site, tmp_path):
    archive = tmp_path / "backup.tar.gz"
    assert "holds 3 submissions" in site.run("backup", str(archive))
    elsewhere = Installation(tmp_path / "elsewhere")
    assert "Restored 3 submissions." in elsewhere.run("restore", str(archive))
    assert elsewhere.count() == 3
    assert (elsewhere.var / "media" / "a.svg").read_text() == "<svg/>"
    assert elsewhere.manage("migrate", "--check").returncode == 0


def test_a_backup_during_writes_is_complete(site, tmp_path):
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(site.database, timeout=30)) as database:
            while not stop.is_set():
                database.execute("INSERT INTO leads_identity (key, lead_id) VALUES (hex(randomblob(16)), 1)")
                database.commit()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        site.run("backup", str(tmp_path / "backup.tar.gz"))
    finally:
        stop.set()
        thread.join(30)
    assert "Restored 3" in Installation(tmp_path / "elsewhere").run("restore", str(tmp_path / "backup.tar.gz"))


def test_a_backup_is_readable_by_its_owner_only(site, tmp_path):
    site.run("backup", str(tmp_path / "backup.tar.gz"))
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_the_spool_is_copied_before_the_database(settings, tmp_path, monkeypatch):
    """An enquiry replayed between the two copies is in both, and is then stored once."""
    if connection.vendor != "sqlite":
        pytest.skip("a backup of the embedded default")
    order: list[str] = []

    def copy_spool(source: Path, target: Path) -> None:
        order.append("spool")
        target.mkdir()

    def verify(path: Path) -> int:
        order.append("database")
        return 0

    monkeypatch.setattr(backup, "copy_spool", copy_spool)
    monkeypatch.setattr(backup, "verify", verify)
    backup.write_backup(tmp_path / "backup.tar.gz")
    assert order == ["spool", "database"]


def test_a_spool_file_removed_meanwhile_does_not_stop_a_backup(tmp_path, monkeypatch):
    source = tmp_path / "spool"
    source.mkdir()
    for name in ("enquiries.jsonl", "refused.jsonl"):
        (source / name).write_text("{}\n")
    copyfile = shutil.copyfile

    def vanish(path, target):
        if path.name == "refused.jsonl":
            raise FileNotFoundError
        return copyfile(path, target)

    monkeypatch.setattr(shutil, "copyfile", vanish)
    backup.copy_spool(source, tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["enquiries.jsonl"]


def test_a_backup_overwrites_nothing(site, tmp_path):
    archive = tmp_path / "backup.tar.gz"
    archive.write_text("precious")
    assert "exists already" in site.manage("backup", str(archive)).stderr
    assert archive.read_text() == "precious"
    assert "cannot be written" in site.manage("backup", str(tmp_path / "missing" / "backup.tar.gz")).stderr


def test_a_restore_needs_replace_and_keeps_the_former_data(site, tmp_path):
    archive = tmp_path / "backup.tar.gz"
    site.run("backup", str(archive))
    site.enquire(2)
    assert "add --replace" in site.manage("restore", str(archive)).stderr
    assert site.count() == 5
    site.run("restore", str(archive), "--replace")
    assert site.count() == 3
    with closing(sqlite3.connect(f"{site.database}.before-restore-1")) as before:
        assert before.execute("SELECT count(*) FROM leads_submission").fetchone() == (5,)
    assert (site.var / "media.before-restore-1" / "a.svg").exists()


def cut(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])


def scramble(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(b"no archive at all")


def damage_database(archive: Path, tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    with tarfile.open(archive) as packed:
        packed.extract("db.sqlite3", tmp_path, filter="data")
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 20] = b"\xff" * (4096 * 17)
    database.write_bytes(content)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(database, "db.sqlite3")


def leave_out_database(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive, "w:gz"):
        pass


@pytest.mark.parametrize("harm", [cut, scramble, damage_database, leave_out_database])
def test_a_damaged_backup_is_refused_and_changes_nothing(site, tmp_path, harm):
    archive = tmp_path / "backup.tar.gz"
    site.run("backup", str(archive))
    harm(archive, tmp_path)
    before = sorted(path.name for path in site.var.iterdir())
    result = site.manage("restore", str(archive), "--replace")
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: ")
    assert "Traceback" not in result.stderr
    assert site.count() == 3
    assert sorted(path.name for path in site.var.iterdir()) == before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="is about PostgreSQL")
@pytest.mark.django_db
def test_on_postgresql_the_error_names_pg_dump(tmp_path):
    for command in ["backup", "restore"]:
        with pytest.raises(CommandError, match="use pg_dump"):
            call_command(command, str(tmp_path / "backup.tar.gz"))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="is about PostgreSQL")
def test_pg_dump_and_pg_restore_copy_the_site(tmp_path):
    programs, url = os.environ["PGBIN"], os.environ["DATABASE_URL"]
    other = f"{url.rpartition('/')[0]}/restored"

    def run(*command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def manage(database: str, *args: str) -> str:
        environment = {**os.environ, "DATABASE_URL": database, "VAR_DIR": str(tmp_path / "var")}
        result = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    source = f"{url.rpartition('/')[0]}/to_be_dumped"
    for name in ["to_be_dumped", "restored"]:
        run(f"{programs}/psql", url, "--command", f"CREATE DATABASE {name}")
    try:
        manage(source, "migrate", "-v0")
        manage(
            source,
            "shell",
            "-c",
            ENQUIRE,
        )
        run(f"{programs}/pg_dump", "--format=custom", f"--file={tmp_path}/site.dump", source)
        run(f"{programs}/pg_restore", "--exit-on-error", "--no-owner", f"--dbname={other}", f"{tmp_path}/site.dump")
        count = run(f"{programs}/psql", other, "--tuples-only", "--command", "SELECT count(*) FROM leads_submission")
        assert count.strip() == "1"
        assert manage(other, "migrate", "--check") == ""
    finally:
        for name in ["to_be_dumped", "restored"]:
            run(f"{programs}/psql", url, "--command", f"DROP DATABASE {name}")
