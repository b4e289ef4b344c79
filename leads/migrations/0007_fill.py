import re
import unicodedata
from datetime import timedelta

from django.db import migrations

# As they were when this migration was written; a migration imports no code that changes.
COMMON_DOMAINS = [
    "aol.com", "comcast.net", "fastmail.com", "gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "outlook.com", "outlook.ph", "proton.me", "protonmail.com", "rocketmail.com", "verizon.net", "yahoo.com",
    "yandex.com", "zoho.com",
]
LOOK_ALIKE_DOMAINS = ["email.com", "gmx.com", "mail.com", "ymail.com", "love.com", "loud.com", "ol.com"]
COMMON_NAMES = {domain.partition(".")[0] for domain in COMMON_DOMAINS}


def folded(text):
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def surname_at_domain(surname, email):
    domain = email.rpartition("@")[2].casefold()
    is_free_provider = domain in LOOK_ALIKE_DOMAINS or domain.partition(".")[0] in COMMON_NAMES
    return "" if is_free_provider else f"{folded(surname)}@{domain}"[:340]


def email_skeleton(email):
    local, _, domain = email.casefold().rpartition("@")
    letters = re.sub(r"[\W\d_]", "", local.partition("+")[0])
    letters = re.sub(r"(.)\1+", r"\1", letters) or local
    return f"{''.join(sorted(letters))}@{domain}"[:260]


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
