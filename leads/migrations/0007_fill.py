from datetime import timedelta

from django.db import migrations

from leads.folding import folded
from leads.threads import email_skeleton, surname_at_domain


def fill(apps, schema_editor):
    """What 0006 added, for what was stored before."""
    Submission = apps.get_model("leads", "Submission")
    Lead = apps.get_model("leads", "Lead")
    Event = apps.get_model("leads", "Event")
    for each in Submission.objects.iterator():
        text = f"{each.first_name} {each.last_name} {each.email} {each.phone} {each.space_requirements}"
        Submission.objects.filter(pk=each.pk).update(search_text=folded(text))
    for lead in Lead.objects.iterator():
        first = Submission.objects.filter(lead=lead).order_by("received_at", "id").first()
        closing = Event.objects.filter(lead=lead, kind__in=["status", "spam"]).order_by("at").last()
        waits, is_closed = lead.status == "new", lead.status in ("won", "lost", "spam")
        Lead.objects.filter(pk=lead.pk).update(
            waiting_since=lead.last_submission_at if waits else None,
            due_at=lead.last_submission_at + timedelta(hours=1) if waits else None,
            reminded=waits,
            escalated=waits,
            closed_at=(closing.at if closing else lead.last_submission_at) if is_closed else None,
            first_page=first.page if first else "",
            surname_at_domain=surname_at_domain(lead.last_name, lead.email),
            email_skeleton=email_skeleton(lead.email),
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_sales_inbox")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
