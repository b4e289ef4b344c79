import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from articles.models import Article
from company.models import Company
from outsourcing_site.management.commands import prepare as command
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"


def prepare(capsys) -> str:
    call_command("prepare")
    return capsys.readouterr().out


def test_the_first_start_creates_content_and_an_account(capsys):
    printed = prepare(capsys)
    password = re.search(r"'admin' with the password (\S+)", printed)
    assert password
    assert authenticate(username="admin", password=password[1]) == User.objects.get(is_superuser=True)
    assert Article.objects.published().count() == 1
    assert Company.objects.exists()


def test_a_second_start_changes_and_prints_nothing(capsys):
    prepare(capsys)
    before = User.objects.get().password
    assert prepare(capsys) == ""
    assert User.objects.get().password == before


class Finder:
    """A finder of static files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.storage = FileSystemStorage(folder)

    def list(self, ignore_patterns: list[str]) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in self.storage.listdir("")[1]:
            yield name, self.storage


def test_static_files_are_collected_again_only_after_a_change(capsys, settings, tmp_path, monkeypatch):
    source = tmp_path / "source" / "a.css"
    source.parent.mkdir()
    source.write_text("a {}")
    calls: list[str] = []
    monkeypatch.setattr(command, "get_finders", lambda: [Finder(source.parent)])
    monkeypatch.setattr(command, "call_command", lambda name, **options: calls.append(name))
    Path(settings.STATIC_ROOT).mkdir()
    command.collect_static_files()
    command.collect_static_files()
    assert calls == ["collectstatic"]
    before = source.stat()
    source.write_text("b {}")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))  # as in an image with one time for all files
    command.collect_static_files()
    assert calls == ["collectstatic"] * 2
    shutil.rmtree(settings.STATIC_ROOT)
    Path(settings.STATIC_ROOT).mkdir()
    command.collect_static_files()
    assert calls == ["collectstatic"] * 3


def test_a_site_with_staff_gets_no_new_account(capsys):
    build.staff()
    assert "password" not in prepare(capsys)
    assert not User.objects.filter(username="admin").exists()


def test_a_former_admin_does_not_prevent_a_new_account(capsys):
    User.objects.create_user("admin")
    printed = prepare(capsys)
    assert "password" in printed
    assert User.objects.filter(is_staff=True, is_superuser=True).count() == 1
