from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("outbox", "0003_complete_messages")]

    operations = [
        migrations.RemoveField(model_name="delivery", name="submission"),
        migrations.DeleteModel(name="Heartbeat"),
        migrations.AddField(
            model_name="outboxsettings",
            name="acknowledged_per_day",
            field=models.PositiveIntegerField(db_default=1, default=1, help_text="At most so many a day to one e-mail address, so that a stranger cannot fill a mailbox.", verbose_name="acknowledgements per address"),
        ),
        migrations.AddField(
            model_name="outboxsettings",
            name="acknowledged_per_hour",
            field=models.PositiveIntegerField(db_default=200, default=200, help_text="At most so many in all.", verbose_name="acknowledgements per hour"),
        ),
    ]
