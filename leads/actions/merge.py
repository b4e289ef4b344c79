"""Merging two leads of one person, and undoing it."""

import json
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from leads.actions.lead_row import lock_lead, save_changes
from leads.closing import status_fields
from leads.models import CLOSED, Event, Identity, Lead, Merge, Status, Submission, record_event

CLOCK_FIELDS = ["due_at", "waiting_since", "reminded", "escalated"]
# A merge changes these in the two leads; undoing it restores them.
MERGE_FIELDS = [
    *CLOCK_FIELDS, "status", "closed_at", "lost_reason", "owner_id", "wrote_again", "follow_up_on",
    "last_submission_at", "last_touch",
]  # fmt: skip


class MergeError(ValueError):
    """A merge that is not possible. The text is a sentence for staff."""


@transaction.atomic
def merge(lead: Lead, into: Lead, *, actor: User, at: datetime) -> Merge:
    """
    Move the submissions, identities and clock of `lead` to `into`; `lead` is then a merged one. Raises MergeError.

    `lead` keeps its timeline; the page of `into` shows both.
    """
    if lead.pk == into.pk:
        raise MergeError("These are the same lead.")
    lead, into = lock_both(lead.pk, into.pk)
    for candidate in (lead, into):
        if candidate.status == Status.MERGED:
            raise MergeError(f"{candidate.full_name} was merged meanwhile. Nothing was changed.")
    lead_before, into_before = snapshot(lead), snapshot(into)
    submissions, identities = lead.submissions.all(), lead.identities.all()
    moved = {
        "submissions": list(submissions.values_list("pk", flat=True)),
        "identities": list(identities.values_list("pk", flat=True)),
    }
    submissions.update(lead=into)
    identities.update(lead=into)
    inherited = inherited_fields(lead, into, at)
    save_changes(lead, status_fields(Status.MERGED, at))
    save_changes(into, inherited)
    record_event(into, Event.Kind.MERGED, at, actor=actor, detail=f"with {lead.full_name}, {lead.email}")
    return Merge.objects.create(
        lead=lead, into=into, at=at, actor=actor, **moved,
        lead_before=lead_before, into_before=into_before, into_after=snapshot(into),
    )  # fmt: skip


def lock_both(lead_id: int, into_id: int) -> tuple[Lead, Lead]:
    """Lock in the order of the ids: the same order everywhere prevents deadlocks."""
    locked = {pk: lock_lead(Lead(pk=pk)) for pk in sorted([lead_id, into_id])}
    return locked[lead_id], locked[into_id]


def inherited_fields(lead: Lead, into: Lead, at: datetime) -> dict[str, Any]:
    """
    The changes in `into`: the earlier due time and follow-up of the two, the later enquiry, and the owner of `lead` if
    `into` has none.

    A closed lead that inherits a due time is new again; its held enquiries stay held.
    """
    inherited: dict[str, Any] = {"wrote_again": into.wrote_again or lead.wrote_again}
    if into.owner_id is None:
        inherited["owner_id"] = lead.owner_id
    if lead.due_at is not None and (into.due_at is None or lead.due_at < into.due_at):
        inherited |= {name: getattr(lead, name) for name in CLOCK_FIELDS}
    if lead.due_at is not None and into.status in CLOSED:
        inherited |= status_fields(Status.NEW, at)
    if lead.follow_up_on is not None and (into.follow_up_on is None or lead.follow_up_on < into.follow_up_on):
        inherited["follow_up_on"] = lead.follow_up_on
    if lead.last_submission_at > into.last_submission_at:
        inherited |= {"last_submission_at": lead.last_submission_at, "last_touch": lead.last_touch}
    return inherited


@transaction.atomic
def undo_merge(merged: Merge, *, actor: User, at: datetime) -> None:
    """
    Separate the two leads: move the rows back, and restore the fields that were not changed since. Raises MergeError.

    Enquiries that came in since stay where they are.
    """
    if not Merge.objects.filter(pk=merged.pk, undone_at=None).update(undone_at=at):
        raise MergeError("Somebody undid this merge before.")
    lead, into = lock_both(merged.lead_id, merged.into_id)
    if into.status == Status.MERGED:
        raise MergeError(f"{into.full_name} was merged into another lead since: undo that first.")
    Submission.objects.filter(pk__in=merged.submissions, lead=into).update(lead=lead)
    Identity.objects.filter(pk__in=merged.identities, lead=into).update(lead=lead)
    present = snapshot(into)
    restored = {name: merged.into_before[name] for name in MERGE_FIELDS if present[name] == merged.into_after[name]}
    save_changes(into, from_json(restored))
    save_changes(lead, from_json(merged.lead_before))
    record_event(
        into, Event.Kind.UNMERGED, at, actor=actor, detail=f"{lead.full_name}, {lead.email}, is a lead of its own again"
    )
    record_event(lead, Event.Kind.UNMERGED, at, actor=actor, detail=f"from {into.full_name}, {into.email}")


def snapshot(lead: Lead) -> dict[str, Any]:
    """MERGE_FIELDS of the lead, as JSON represents them."""
    values = {name: getattr(lead, name) for name in MERGE_FIELDS}
    json_values: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return json_values


def from_json(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a snapshot, in the types of the model."""
    fields = {field.attname: field for field in Lead._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items()}


def absorbed_by(lead: Lead) -> list[int]:
    """The ids of the leads that were merged into this one, directly or through another."""
    lead_ids: list[int] = []
    latest = [lead.pk]
    while latest:
        merges = Merge.objects.filter(into__in=latest, undone_at=None).exclude(lead__in=lead_ids)
        latest = list(merges.values_list("lead_id", flat=True))
        lead_ids += latest
    return lead_ids


def successor(lead: Lead) -> Lead:
    """The lead into which this one was merged, directly or through others; the lead itself if it was not."""
    merged = Merge.objects.filter(lead=lead, undone_at=None).select_related("into").first()
    return successor(merged.into) if merged else lead
