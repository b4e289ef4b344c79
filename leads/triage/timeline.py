"""The timeline of a lead, with the messages about it."""

from dataclasses import dataclass
from datetime import datetime

from leads.actions.merge import absorbed_by
from leads.models import Event, Lead, Submission
from leads.notifications import deliveries_about
from leads.outbox.models import Delivery
from leads.reference import grouped
from leads.staff import display_name

LINES_MAX = 300


@dataclass(frozen=True)
class Line:
    """A line of the timeline. `kind` is an Event.Kind, or "delivery" for a message without an event."""

    at: datetime
    kind: str
    what: str
    who: str = ""
    text: str = ""
    delivery: Delivery | None = None


def timeline(lead: Lead) -> list[Line]:
    """What happened to this lead and to those that were merged into it, the latest first."""
    lead_ids = [lead.pk, *absorbed_by(lead)]
    events = Event.objects.filter(lead__in=lead_ids).select_related("actor", "submission").order_by("-at", "-id")
    submissions = Submission.objects.filter(lead__in=lead_ids).only("pk")
    mails = deliveries_about(submissions).order_by("-queued_at", "-id")
    deliveries = {delivery.key: delivery for delivery in mails[:LINES_MAX]}
    lines = [
        Line(
            event.at,
            event.kind,
            event.get_kind_display(),
            who=display_name(event.actor) if event.actor else "",
            text=event.detail or (grouped(event.submission.reference) if event.submission else ""),
            delivery=deliveries.pop(event.key, None) if event.key else None,
        )
        for event in events[:LINES_MAX]
    ]
    lines += [
        Line(delivery.sent_at or delivery.queued_at, "delivery", str(delivery), delivery=delivery)
        for delivery in deliveries.values()
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)
