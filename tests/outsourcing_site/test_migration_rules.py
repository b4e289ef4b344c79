"""Rules for migrations: no live code, and a schema on which the former release can run too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED, Field, ManyToManyField

from leads.models import Submission

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"articles", "company", "leads", "outsourcing_site"}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("migrations/[0-9]*.py"))

# Columns of releases before the rule; do not add to this list.
BEFORE_THE_RULE = {
    ("company", "0002_company_updated_at"),
    ("leads", "0002_attribution"),
    ("leads", "0005_quarantine"),
    ("leads", "0006_sales_inbox"),
    ("outbox", "0002_reply"),
    ("outbox", "0003_complete_messages"),
}


def imported_packages(source: str) -> set[str]:
    """The top-level packages of all imports, also of those inside functions."""
    nodes = list(ast.walk(ast.parse(source)))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules}


def added_columns() -> Iterator[tuple[tuple[str, str], str, Field]]:
    loader = MigrationLoader(None)
    for key, migration in loader.disk_migrations.items():
        if key[0] in {*PACKAGES, "outbox"}:
            new_tables = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
            for operation in migration.operations:
                if isinstance(operation, migrations.AddField) and operation.model_name_lower not in new_tables:
                    yield key, f"{operation.model_name}.{operation.name}", operation.field


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_a_migration_imports_no_live_code(path):
    assert imported_packages(path.read_text(encoding="utf-8")) & PACKAGES == set()


def test_the_import_check_finds_every_kind_of_import():
    assert imported_packages("import leads.models\ndef f():\n    from company import x") == {"leads", "company"}


def test_the_former_release_can_insert_without_a_new_column():
    columns = list(added_columns())
    assert len(columns) > 10
    missing = [
        f"{key[0]}.{key[1]} {name}"
        for key, name, field in columns
        if key not in BEFORE_THE_RULE
        and not (field.null or isinstance(field, ManyToManyField) or field.db_default is not NOT_PROVIDED)
    ]
    assert missing == [], "give these columns a db_default, or null=True"


def test_new_columns_have_a_default_for_spooled_enquiries():
    """Without a `default`, an unsaved Submission has the expression of `db_default`, which the INSERT cannot store."""
    fields = [field for field in Submission._meta.concrete_fields if field.db_default is not NOT_PROVIDED]
    assert [field.name for field in fields if not field.has_default()] == []
