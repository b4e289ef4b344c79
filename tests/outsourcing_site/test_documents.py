"""What the README says is so."""

import re
from inspect import getmembers, isfunction, signature
from pathlib import Path

import pytest
from django.core.management import get_commands

from outsourcing_site import env

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


READERS = [
    name for name, function in getmembers(env, isfunction) if next(iter(signature(function).parameters)) == "name"
]


def variables_in_settings() -> set[str]:
    """The variables that settings.py reads: each is named in the call of a reader, and nothing else reads any."""
    source = (ROOT / "outsourcing_site" / "settings.py").read_text(encoding="utf-8")
    assert not re.search(r"\benviron\b|\benv\.variables\b|outsourcing_site\.env import", source)
    calls = re.findall(rf"\benv\.({'|'.join(READERS)})\(", source)
    names = re.findall(rf"\benv\.(?:{'|'.join(READERS)})\(\s*\"([A-Z_]+)\"", source)
    assert len(calls) == len(names)
    return set(names)


def variables_read() -> set[str]:
    """The environment variables that the code asks for."""
    gunicorn = (ROOT / "deploy" / "gunicorn.conf.py").read_text(encoding="utf-8")
    serve = (ROOT / "bin" / "serve").read_text(encoding="utf-8")
    return (
        variables_in_settings()
        | set(re.findall(r"environ\.get\(\s*\"([A-Z_]+)\"", gunicorn))
        | set(re.findall(r"\$\{(HOST|PORT)", serve))
    )


def test_the_readers_of_variables_are_found():
    assert set(READERS) == {"database", "mail_server", "number", "redis_cache", "required", "switch", "text"}
    inside = (ROOT / "outsourcing_site" / "env.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\"([A-Z_]{3,})\"", inside)) <= variables_in_settings()


def variables_in_the_table() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))


def test_every_setting_stands_in_the_readme_and_no_other():
    assert len(variables_read()) > 8
    assert variables_in_the_table() == variables_read()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?:\./)?(bin/[\w-]+)", README))))
def test_every_command_in_the_readme_exists(command):
    path = ROOT / command
    assert path.is_file()
    assert path.stat().st_mode & 0o111, f"{command} cannot be executed"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"manage\.py (\w+)", README))))
def test_every_management_command_in_the_readme_exists(name):
    assert name in get_commands()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!https?:|#)[^)]+)\)", README))))
def test_every_file_that_the_readme_links_exists(target):
    assert (ROOT / target).exists()
