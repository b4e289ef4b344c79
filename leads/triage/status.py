"""Changing where a lead stands."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from leads.models import Event, Lead, record


@transaction.atomic
def change_status(lead: Lead, status: str, *, actor: User | AnonymousUser, at: datetime) -> None:
    """Set the lead's status (a value of Lead.Status) and put the change on its timeline; a repetition does nothing."""
    stored = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
    if stored.status == status:
        return
    detail = f"{stored.get_status_display()} → {Lead.Status(status).label}"
    stored.status = status
    stored.wrote_again = False
    stored.save(update_fields=["status", "wrote_again"])
    record(stored, Event.Kind.STATUS, at, actor=actor, detail=detail)
