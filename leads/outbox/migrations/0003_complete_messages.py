import json

import django.utils.timezone
from django.db import migrations, models


def complete(apps, schema_editor):
    """
    A message holds all that is sent, where it was drawn from its submission before.

    Those that wait are written here, plainly; the others have gone out and only say what they were about.
    """
    Delivery = apps.get_model("outbox", "Delivery")
    for delivery in Delivery.objects.exclude(submission=None).select_related("submission").iterator():
        submission = delivery.submission
        delivery.about = f"submission:{submission.pk}"
        if delivery.state in ("pending", "dead", "cancelled"):
            write(delivery, submission)
        if delivery.purpose == "webhook":
            delivery.purpose, delivery.channel = "event", "webhook"
        delivery.save()
    Delivery.objects.filter(purpose="alarm").update(purpose="notice", headers={"Auto-Submitted": "auto-generated"})


def write(delivery, submission):
    reference = f"{submission.reference[:4]}-{submission.reference[4:]}"
    name = f"{submission.first_name} {submission.last_name}"
    details = f"Phone: {submission.phone}\nE-mail: {submission.email}\n\n{submission.space_requirements}\n"
    if delivery.purpose == "alert":
        delivery.subject = f"{name} sent an enquiry ({reference})"
        delivery.body = f"{name}\n{details}\nReference: {reference}\n"
        delivery.reply_to = submission.email
    elif delivery.purpose == "acknowledgement":
        delivery.subject = f"We have your enquiry {reference}"
        delivery.body = f"Dear {name},\n\nthank you: we have your enquiry. Your reference is {reference}.\n"
    elif delivery.purpose == "webhook":
        fields = ["first_name", "last_name", "phone", "phone_extension", "phone_as_typed", "email"]
        fields += ["space_requirements", "page", "attribution"]
        first = submission.lead and not submission.lead.submissions.filter(pk__lt=submission.pk).exists()
        data = {"lead": submission.lead_id, "reference": reference}
        delivery.body = json.dumps({
            "type": "lead.created" if first else "lead.wrote_again",
            "timestamp": submission.received_at.isoformat(),
            "data": {**data, **{field: getattr(submission, field) for field in fields}},
        })
    if delivery.purpose in ("alert", "acknowledgement"):
        delivery.headers = {"Auto-Submitted": "auto-generated"}


class Migration(migrations.Migration):

    dependencies = [
        ("leads", "0009_store_first"),
        ("outbox", "0002_reply"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="delivery", name="delivery_once"),
        migrations.RenameField(model_name="delivery", old_name="kind", new_name="purpose"),
        migrations.AlterField(
            model_name="delivery",
            name="purpose",
            field=models.CharField(choices=[("alert", "Alert to staff"), ("acknowledgement", "Acknowledgement"), ("reply", "Reply"), ("notice", "Notice to staff"), ("event", "Event for another system")], max_length=20),
        ),
        migrations.AddField(
            model_name="delivery",
            name="channel",
            field=models.CharField(default="email", help_text="One of leads/outbox/channels/.", max_length=20),
        ),
        migrations.AddField(
            model_name="delivery",
            name="about",
            field=models.CharField(blank=True, default="", help_text="What it tells of, such as submission:17.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="html",
            field=models.TextField(blank=True, default="", help_text="The same mail as HTML, if there is one."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="headers",
            field=models.JSONField(blank=True, default=dict, help_text="Further headers of a mail."),
        ),
        migrations.AddField(
            model_name="delivery",
            name="first_attempt_at",
            field=models.DateTimeField(help_text="From here the time is counted until it is given up.", null=True),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="reply_to",
            field=models.CharField(blank=True, help_text="E-mail address that an answer goes to.", max_length=254),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="subject",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="body",
            field=models.TextField(blank=True, help_text="Plain text of a mail; JSON of a webhook."),
        ),
        migrations.RunPython(complete, migrations.RunPython.noop),
    ]
