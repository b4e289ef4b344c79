"""Matching enquiries to leads: the same e-mail address joins a lead, weaker signs only suggest a duplicate."""

import re
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from leads.clock import ResponseTime, start_clock
from leads.closing import status_fields
from leads.email_domains import is_free_provider
from leads.models import CLOSED, IDENTITY_MAX, Event, Identity, Lead, Status, Submission
from leads.search_text import fold

SUGGESTED_MAX = 5
ATTEMPTS_MAX = 5  # to lock a lead that is being merged


def identity_key(submission: Submission) -> str:
    """
    The key of the sender's Identity: the e-mail address.

    Phone and surname are not enough: a stranger who knows both would join the lead and receive the next reply.
    """
    return f"email:{submission.email.casefold()}"[:IDENTITY_MAX]  # one letter may casefold to three


def known_leads(submissions: Sequence[Submission]) -> dict[str, Lead]:
    """
    The leads of known senders, by identity_key(), locked in the order of their ids.

    An identity moves when its lead is merged, so identities are read again if a lead was merged before it was locked.
    Raises RuntimeError after ATTEMPTS_MAX; admission then retries the submissions later.
    """
    keys = {identity_key(submission) for submission in submissions}
    for _ in range(ATTEMPTS_MAX):
        lead_ids = dict(Identity.objects.filter(key__in=keys).values_list("key", "lead_id"))
        rows = Lead.objects.select_related("owner").filter(pk__in=set(lead_ids.values())).order_by("pk")
        leads = {lead.pk: lead for lead in rows.select_for_update(of=("self",), no_key=True)}
        if not any(lead.status == Status.MERGED for lead in leads.values()):
            return {key: leads[pk] for key, pk in lead_ids.items()}
    raise RuntimeError("A lead was merged while its sender's enquiry was admitted.")


def new_lead(submission: Submission, response_time: ResponseTime) -> Lead:
    """The unsaved lead of an unknown sender."""
    lead = Lead(
        **submission.details(),
        first_touch=submission.source,
        last_touch=submission.source,
        first_page=submission.page,
        created_at=submission.received_at,
        last_submission_at=submission.received_at,
        surname_at_domain=surname_at_domain(submission.last_name, submission.email),
        email_skeleton=email_skeleton(submission.email),
    )
    for name, value in start_clock(lead, submission.received_at, response_time).items():
        setattr(lead, name, value)
    return lead


# The fields that apply_further_enquiry() may change.
FURTHER_ENQUIRY_FIELDS = [
    "wrote_again", "waiting_since", "due_at", "reminded", "escalated", "last_submission_at", "last_touch", "status",
    "closed_at", "lost_reason", "version",
]  # fmt: skip


def apply_further_enquiry(lead: Lead, submission: Submission, response_time: ResponseTime) -> list[Event]:
    """
    Change a locked lead for a further enquiry; the caller saves FURTHER_ENQUIRY_FIELDS. The clock runs again, and a
    closed lead is new again; its held enquiries stay held.

    An enquiry that arrives late (from the spool or from quarantine) does not move `last_submission_at` back. Returns
    unsaved lines for the timeline, if the status changed.
    """
    changes = {"wrote_again": True, **start_clock(lead, submission.received_at, response_time)}
    if submission.received_at >= lead.last_submission_at:
        changes |= {"last_submission_at": submission.received_at, "last_touch": submission.source}
    events = []
    if lead.status in CLOSED:
        detail = f"{lead.get_status_display()} → {Status.NEW.label}: wrote again"
        events.append(Event(lead=lead, kind=Event.Kind.STATUS, at=submission.received_at, detail=detail))
        changes |= {**status_fields(Status.NEW, submission.received_at), "version": lead.version + 1}
    for name, value in changes.items():
        setattr(lead, name, value)
    return events


def surname_at_domain(surname: str, email: str) -> str:
    """`reyes@acme.com`; empty at free e-mail providers."""
    domain = email.rpartition("@")[2].casefold()
    return "" if is_free_provider(domain) else f"{fold(surname)}@{domain}"[:340]


def email_skeleton(email: str) -> str:
    """
    A key that is equal for addresses that differ by dots, digits, a +tag, doubled or swapped letters.

    `ana.reyes1+work@example.com` → `aaeenrsy@example.com`: the letters in alphabetical order.
    """
    local, _, domain = email.casefold().rpartition("@")
    letters = re.sub(r"[\W\d_]", "", local.partition("+")[0])
    letters = re.sub(r"(.)\1+", r"\1", letters) or local
    return f"{''.join(sorted(letters))}@{domain}"[:260]


def likely_duplicates(lead: Lead) -> QuerySet[Lead]:
    """Leads that may be the same person, for staff to decide."""
    alike = Q(email_skeleton=lead.email_skeleton)
    if lead.phone:
        alike |= Q(phone=lead.phone)
    if lead.surname_at_domain:
        alike |= Q(surname_at_domain=lead.surname_at_domain)
    return Lead.objects.filter(alike).exclude(pk=lead.pk).not_merged()[:SUGGESTED_MAX]
