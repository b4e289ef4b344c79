"""The timeline of a lead, with the messages about it."""

from typing import Any

from leads.actions.merge import absorbed_by
from leads.models import Event, Lead, Submission
from leads.notifications import deliveries_about
from leads.reference import grouped
from leads.staff import display_name

LINES_MAX = 300


def timeline(lead: Lead) -> list[dict[str, Any]]:
    """
    What happened to this lead and to those that were merged into it, the latest first.

    A line has `at`, `kind`, `what`, `who`, `text` and `delivery`; a message without an event has a line of its own.
    """
    lead_ids = [lead.pk, *absorbed_by(lead)]
    events = Event.objects.filter(lead__in=lead_ids).select_related("actor", "submission").order_by("-at", "-id")
    submissions = Submission.objects.filter(lead__in=lead_ids).only("pk")
    mails = deliveries_about(submissions).order_by("-queued_at", "-id")
    deliveries = {delivery.key: delivery for delivery in mails[:LINES_MAX]}
    lines: list[dict[str, Any]] = [
        {
            "at": event.at,
            "kind": event.kind,
            "what": event.get_kind_display(),
            "who": display_name(event.actor) if event.actor else "",
            "text": event.detail or (grouped(event.submission.reference) if event.submission else ""),
            "delivery": deliveries.pop(event.key, None) if event.key else None,
        }
        for event in events[:LINES_MAX]
    ]
    lines += [
        {
            "at": delivery.sent_at or delivery.queued_at,
            "kind": "delivery",
            "what": str(delivery),
            "who": "",
            "text": "",
            "delivery": delivery,
        }
        for delivery in deliveries.values()
    ]
    return sorted(lines, key=lambda line: line["at"], reverse=True)
