"""What the README says is so."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def variables_read() -> set[str]:
    """The environment variables that the code asks for."""
    found = set()
    for path in [ROOT / "outsourcing_site" / "settings.py", ROOT / "deploy" / "gunicorn.conf.py"]:
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"(?:environ\.get|required|number|switch|text)\(\s*\"([A-Z_]+)\"", source))
    found |= set(re.findall(r"\$\{(HOST|PORT)", (ROOT / "bin" / "serve").read_text(encoding="utf-8")))
    return found


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
