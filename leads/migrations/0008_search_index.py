from django.db import migrations


def index_trigrams(apps, schema_editor):
    """`LIKE '%word%'` reads an index, not a million texts: https://www.postgresql.org/docs/current/pgtrgm.html"""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX submission_search ON leads_submission USING gin (search_text gin_trgm_ops)"
        )


def drop_trigrams(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX submission_search")


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_fill")]

    operations = [migrations.RunPython(index_trigrams, drop_trigrams)]
