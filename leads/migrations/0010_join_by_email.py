from django.db import migrations


def forget_phone_identities(apps, schema_editor):
    """Only the same e-mail address joins an enquiry to a person; the old default held offices back."""
    apps.get_model("leads", "Identity").objects.filter(key__startswith="phone:").delete()
    apps.get_model("leads", "ScreeningRules").objects.filter(accepted_per_hour=5).update(accepted_per_hour=20)


def index_admitted(apps, schema_editor):
    """A visitor's INSERT has no search text yet, so it does not write this heavy index; admission does."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX submission_search")
        schema_editor.execute(
            "CREATE INDEX submission_search ON leads_submission USING gin (search_text gin_trgm_ops) "
            "WHERE search_text <> ''"
        )


def index_all(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX submission_search")
        schema_editor.execute(
            "CREATE INDEX submission_search ON leads_submission USING gin (search_text gin_trgm_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_store_first")]

    operations = [
        migrations.RunPython(forget_phone_identities, migrations.RunPython.noop),
        migrations.RunPython(index_admitted, index_all),
    ]
