"""An invalid configuration stops the start with one sentence that says what to type."""

import os
import subprocess
import sys

import pytest

from tests.support.commands import PRODUCTION, manage
from tests.support.production import ROOT


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DJANGO_SECRET_KEY": None}, "DJANGO_SECRET_KEY is not set"),
        ({"DJANGO_SECRET_KEY": " "}, "DJANGO_SECRET_KEY is not set"),
        ({"DJANGO_SECRET_KEY": None, "DJANGO_SECRET_KEY_FILE": "/nowhere"}, "DJANGO_SECRET_KEY"),
        ({"DJANGO_ALLOWED_HOSTS": None}, "DJANGO_ALLOWED_HOSTS is not set"),
        ({"SITE_URL": None}, "SITE_URL is not set"),
        ({"SITE_URL": "example.com"}, "SITE_URL is 'example.com'"),
        ({"SITE_URL": "https://example.com/path"}, "give scheme and host alone"),
        ({"SITE_URL": "https://["}, "SITE_URL"),
        ({"DJANGO_DEBUG": "perhaps"}, "DJANGO_DEBUG"),
        ({"WEB_CONCURRENCY": "many"}, "WEB_CONCURRENCY is 'many'"),
        ({"EMAIL_URL": "nonsense"}, "EMAIL_URL is not understood"),
        ({"EMAIL_URL": "gopher://host"}, "EMAIL_URL is not understood"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES is '-1'"),
        ({"DATABASE_URL": "mysql://u:p@h/d"}, "DATABASE_URL is not understood"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is not understood"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not understood"),
        ({"DATABASE_URL": "postgres://site:secret@host:port/site"}, "DATABASE_URL is not understood"),
        ({"DATABASE_URL": "postgres://["}, "DATABASE_URL is not understood"),
        ({"DATABASE_URL": "sqlite:////nowhere/db.sqlite3"}, "unable to open database file"),
        ({}, "Connection refused"),
        ({"VAR_DIR": "/dev/null/var"}, "VAR_DIR"),
    ],
    ids=str,
)
def test_an_invalid_setting_stops_with_one_sentence(environment, sentence):
    result = manage("migrate", **environment)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("Cannot run: ")
    assert result.stderr.count("\n") == 1
    assert "secret@" not in result.stderr  # no password in a log


def test_the_web_server_stops_with_the_same_sentence():
    result = subprocess.run(
        [sys.executable, "-c", "import outsourcing_site.wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": os.environ["VAR_DIR"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Cannot start: DJANGO_SECRET_KEY is not set")
    assert result.stderr.count("\n") == 1


def test_debug_mode_needs_no_other_setting():
    nothing = dict.fromkeys(PRODUCTION)
    assert manage("check", DJANGO_DEBUG="on", **nothing).returncode == 0


def test_secrets_are_read_from_files(tmp_path):
    key = tmp_path / "key"
    key.write_text("from a file, and long enough to be taken for a real secret key\n")
    result = manage(
        "shell", "-c", "from django.conf import settings; print(settings.SECRET_KEY)", "-v", "0",
        DJANGO_SECRET_KEY=None, DJANGO_SECRET_KEY_FILE=str(key),
    )  # fmt: skip
    assert result.stdout.strip().startswith("from a file")


def test_the_deployment_check_prints_no_warning():
    result = manage("check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_no_migration_is_missing():
    result = manage("makemigrations", "--check", "--dry-run", DATABASE_URL="sqlite://:memory:")
    assert result.returncode == 0, result.stdout


def test_a_secret_with_a_leading_dollar_sign_is_kept():
    secret = "$SITE_URL" + "k9" * 25
    result = manage(
        "shell", "-c", "from django.conf import settings; print(settings.SECRET_KEY)", DJANGO_SECRET_KEY=secret
    )
    assert secret in result.stdout, result.stderr
