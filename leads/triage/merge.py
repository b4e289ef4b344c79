"""Two leads that are one person: the one is taken into the other, and that can be undone."""

import json
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from leads.models import Event, Identity, Lead, Merge, Status, Submission, record
from leads.triage.pipeline import CLOSED, lock, save

# What a merge changes in the two leads, and its undoing gives back.
CLOCK = ["due_at", "waiting_since", "reminded", "escalated"]
CHANGED = [
    *CLOCK, "status", "closed_at", "lost_reason", "owner_id", "wrote_again", "follow_up_on", "last_submission_at",
    "last_touch",
]  # fmt: skip


class MergeError(ValueError):
    """The text is a sentence for staff."""


@transaction.atomic
def merge(lead: Lead, into: Lead, *, actor: User, at: datetime) -> Merge:
    """
    Take `lead` into `into`: its submissions, its identities, its clock. Raises MergeError.

    Its timeline stays its own; timeline() shows both.
    """
    if lead.pk == into.pk:
        raise MergeError("These are the same lead.")
    lead, into = lock_both(lead.pk, into.pk)
    for each in (lead, into):
        if each.status == Status.MERGED:
            raise MergeError(f"{each.full_name} was merged meanwhile. Nothing was changed.")
    lead_before, into_before = state(lead), state(into)
    submissions, identities = lead.submissions.all(), lead.identities.all()
    moved = {
        "submissions": list(submissions.values_list("pk", flat=True)),
        "identities": list(identities.values_list("pk", flat=True)),
    }
    submissions.update(lead=into)
    identities.update(lead=into)
    taken = taken_over(lead, into)
    save(lead, status=Status.MERGED, closed_at=None, due_at=None, waiting_since=None, follow_up_on=None)
    save(into, **taken)
    record(into, Event.Kind.MERGED, at, actor=actor, detail=f"with {lead.full_name}, {lead.email}")
    return Merge.objects.create(
        lead=lead, into=into, at=at, actor=actor, **moved,
        lead_before=lead_before, into_before=into_before, into_after=state(into),
    )  # fmt: skip


def lock_both(lead: int, into: int) -> tuple[Lead, Lead]:
    """Always in the order of their ids, so that two merges never wait for each other."""
    locked = {pk: lock(Lead(pk=pk)) for pk in sorted([lead, into])}
    return locked[lead], locked[into]


def taken_over(lead: Lead, into: Lead) -> dict[str, Any]:
    """
    What the lead that stays gets of the other.

    Who waits, waits on: the earlier due time and follow-up count. The other's owner, where it has none.
    """
    taken: dict[str, Any] = {"wrote_again": into.wrote_again or lead.wrote_again}
    if into.owner_id is None:
        taken["owner_id"] = lead.owner_id
    if lead.due_at is not None and (into.due_at is None or lead.due_at < into.due_at):
        taken |= {name: getattr(lead, name) for name in CLOCK}
    if lead.due_at is not None and into.status in CLOSED:
        taken |= {"status": Status.NEW, "closed_at": None, "lost_reason": ""}
    if lead.follow_up_on is not None and (into.follow_up_on is None or lead.follow_up_on < into.follow_up_on):
        taken["follow_up_on"] = lead.follow_up_on
    if lead.last_submission_at > into.last_submission_at:
        taken |= {"last_submission_at": lead.last_submission_at, "last_touch": lead.last_touch}
    return taken


@transaction.atomic
def undo(merged: Merge, *, actor: User, at: datetime) -> None:
    """
    Take the two apart again: what was moved goes back, and so does what nobody changed since. Raises MergeError.

    Enquiries that came in since stay where they are.
    """
    if not Merge.objects.filter(pk=merged.pk, undone_at=None).update(undone_at=at):
        raise MergeError("Somebody undid this merge before.")
    lead, into = lock_both(merged.lead_id, merged.into_id)
    if into.status == Status.MERGED:
        raise MergeError(f"{into.full_name} was merged into another lead since: undo that first.")
    Submission.objects.filter(pk__in=merged.submissions, lead=into).update(lead=lead)
    Identity.objects.filter(pk__in=merged.identities, lead=into).update(lead=lead)
    now = state(into)
    restored = {name: merged.into_before[name] for name in CHANGED if now[name] == merged.into_after[name]}
    save(into, **as_python(restored))
    save(lead, **as_python(merged.lead_before))
    record(
        into, Event.Kind.UNMERGED, at, actor=actor, detail=f"{lead.full_name}, {lead.email}, is a lead of its own again"
    )
    record(lead, Event.Kind.UNMERGED, at, actor=actor, detail=f"from {into.full_name}, {into.email}")


def state(lead: Lead) -> dict[str, Any]:
    """As JSON has it."""
    values = {name: getattr(lead, name) for name in CHANGED}
    kept: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return kept


def as_python(values: dict[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in Lead._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items()}


def absorbed_by(lead: Lead) -> list[int]:
    """The ids of the leads that this one has taken in, directly or with another."""
    found: list[int] = []
    latest = [lead.pk]
    while latest:
        rows = Merge.objects.filter(Q(into__in=latest, undone_at=None)).exclude(lead__in=found)
        latest = list(rows.values_list("lead_id", flat=True))
        found += latest
    return found
