"""The documents agree with the code on settings, commands, files, links, probes and metrics."""

import ast
import re
from collections.abc import Iterator
from inspect import getmembers, isfunction, signature
from pathlib import Path

import pytest
from django.core.management import get_commands

from outsourcing_site import env

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")])
}
GUIDES = ["CHANGELOG", "CONTRIBUTING", "README", "docs/architecture", "docs/decisions", "docs/operations"]
OPERATIONS = DOCUMENTS["docs/operations.md"]

READERS = [
    name for name, function in getmembers(env, isfunction) if next(iter(signature(function).parameters)) == "name"
]


def matches(pattern: str) -> list[tuple[str, str]]:
    """The document and the first group of each match, without repetitions."""
    return sorted({(name, match) for name, text in DOCUMENTS.items() for match in re.findall(pattern, text)})


def test_the_guides_exist():
    assert {f"{name}.md" for name in GUIDES} <= set(DOCUMENTS)


# Settings


def variables_in_settings() -> set[str]:
    """The variables that settings.py reads: only calls of a reader read one, and each call names it."""
    source = read("outsourcing_site/settings.py")
    assert not re.search(r"\benviron\b|\benv\.variables\b|outsourcing_site\.env import", source)
    calls = re.findall(rf"\benv\.({'|'.join(READERS)})\(", source)
    names = re.findall(rf"\benv\.(?:{'|'.join(READERS)})\(\s*\"([A-Z_]+)\"", source)
    assert len(calls) == len(names)
    return set(names)


def variables_read() -> set[str]:
    """The environment variables that the code reads."""
    return (
        variables_in_settings()
        | set(re.findall(r"environ\.get\(\s*\"([A-Z_]+)\"", read("deploy/gunicorn.conf.py")))
        | {name.removesuffix("_FILE") for name in re.findall(r"\$\{([A-Z_]+)", read("bin/serve"))}
    )


def test_the_readers_of_variables_are_found():
    assert set(READERS) == {"database", "mail_server", "number", "redis_cache", "required", "switch", "text"}
    assert set(re.findall(r"\"([A-Z_]{3,})\"", read("outsourcing_site/env.py"))) <= variables_in_settings()


def test_the_table_of_operations_lists_exactly_the_settings():
    assert len(variables_read()) > 8
    table = re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE)
    assert len(table) == len(set(table))
    assert set(table) == variables_read()


def test_every_variable_of_the_containers_is_explained():
    names = set(re.findall(r"\$\{([A-Z_]+)", read("deploy/compose.yaml")))
    assert len(names) > 5
    assert [name for name in sorted(names) if f"`{name}`" not in OPERATIONS] == []


# Commands, files and links


@pytest.mark.parametrize(("name", "command"), matches(r"(?:(?<=\./)|(?<![\w/.]))(bin/[\w-]+)"))
def test_every_command_exists(name, command):
    path = ROOT / command
    assert path.is_file()
    assert path.stat().st_mode & 0o111, f"{command} cannot be executed"


@pytest.mark.parametrize(("name", "command"), matches(r"manage\.py ([a-z]\w*)"))
def test_every_management_command_exists(name, command):
    assert command in get_commands()


FOLDERS = "articles|benchmarks|bin|company|deploy|docs|leads|outsourcing_site|static|templates|tests"
FILES = matches(rf"`((?:{FOLDERS}|\.ci|\.github)/[\w./-]*|[\w-]+\.(?:html|py|toml|txt|yaml))`")


def test_the_recipes_name_their_files():
    assert sum(name == "CONTRIBUTING.md" for name, _ in FILES) > 40


@pytest.mark.parametrize(("name", "path"), FILES)
def test_every_file_in_a_document_exists(name, path):
    """NAME is a placeholder for a file name. A file without a folder may be in any package."""
    if "NAME" in path:
        path = str(Path(path).parent)
    places = [path] if "/" in path else [path, f"[a-z]*/{path}", f"leads/*/{path}"]
    assert any(list(ROOT.glob(place)) for place in places)


def anchors(document: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("name", "target"), matches(r"\]\(((?!https?:|mailto:)[^)]+)\)"))
def test_every_link_leads_to_a_file_and_a_heading(name, target):
    path, _, anchor = target.partition("#")
    linked = (ROOT / name).parent / path if path else ROOT / name
    assert linked.exists()
    if anchor:
        assert anchor in anchors(linked.read_text(encoding="utf-8"))


# Completeness of the guides


def sentences_of_readiness() -> Iterator[str]:
    """The longest constant part of each reason that /readyz can give."""
    for function in ast.walk(ast.parse(read("leads/monitoring/readiness.py"))):
        if isinstance(function, ast.FunctionDef) and re.fullmatch(r"reasons_not_ready|\w+_problems", function.name):
            for node in function.body[1 if ast.get_docstring(function) else 0 :]:
                for text in ast.walk(node):
                    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                    fixed = [part.value for part in parts if isinstance(part, ast.Constant)]
                    longest = max((part for part in fixed if isinstance(part, str)), key=len, default="").strip(" .:")
                    if len(longest) >= 15:
                        yield longest


def test_every_reason_of_readyz_is_explained():
    text = " ".join(OPERATIONS.split())
    reasons = set(sentences_of_readiness())
    assert len(reasons) > 8
    assert [reason for reason in sorted(reasons) if reason not in text] == []


def test_every_metric_is_explained():
    metrics = re.findall(r"(?:\bgauge|GaugeMetricFamily|Histogram)\(\s*\"(\w+)\"", read("outsourcing_site/metrics.py"))
    assert len(metrics) > 5
    assert [metric for metric in metrics if f"`{metric}" not in OPERATIONS] == []


def test_the_map_of_leads_lists_exactly_its_packages():
    without_room = {"__init__.py", "__pycache__", "apps.py", "migrations"}
    rooms = {path.name for path in (ROOT / "leads").iterdir()} - without_room
    architecture = DOCUMENTS["docs/architecture.md"]
    assert set(re.findall(r"^\| `leads/([\w.]+)/?` \|", architecture, re.MULTILINE)) == rooms


def test_the_changelog_has_an_unreleased_section():
    assert re.search(r"^## \[?Unreleased\]?$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_line_is_longer_than_120_columns(name):
    assert [line for line in DOCUMENTS[name].splitlines() if len(line) > 120] == []
