"""Which enquiries are of one person: the same e-mail address joins a lead; less than that only suggests one."""

import re
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from leads.clock import ResponseTime, start_clock
from leads.email_domains import is_free_provider
from leads.folding import folded
from leads.models import IDENTITY_MAX, Event, Identity, Lead, Status, Submission

SUGGESTED_MAX = 5
MERGES_MAX = 5


def identity_key(submission: Submission) -> str:
    """
    By what the sender is known: the e-mail address.

    Not by phone and surname: a stranger who knows both would join the lead, and read our next reply.
    """
    return f"email:{submission.email.casefold()}"[:IDENTITY_MAX]  # one letter may casefold to three


def known_leads(submissions: Sequence[Submission]) -> dict[str, Lead]:
    """
    The leads that the senders are known as, by identity_key(), locked in the order of their ids.

    An identity moves when its lead is merged: they are read again if a lead was merged before it was locked. Raises
    RuntimeError if that does not end; then the submissions are tried again later.
    """
    keys = {identity_key(submission) for submission in submissions}
    for _ in range(MERGES_MAX):
        lead_ids = dict(Identity.objects.filter(key__in=keys).values_list("key", "lead_id"))
        rows = Lead.objects.select_related("owner").filter(pk__in=set(lead_ids.values())).order_by("pk")
        leads = {lead.pk: lead for lead in rows.select_for_update(of=("self",), no_key=True)}
        if not any(lead.status == Status.MERGED for lead in leads.values()):
            return {key: leads[pk] for key, pk in lead_ids.items()}
    raise RuntimeError("A lead was merged while its sender's enquiry was admitted.")


def new_lead(submission: Submission, response_time: ResponseTime) -> Lead:
    """The unsaved lead of a sender who is not known yet."""
    lead = Lead(
        first_name=submission.first_name,
        last_name=submission.last_name,
        email=submission.email,
        phone=submission.phone,
        phone_extension=submission.phone_extension,
        phone_as_typed=submission.phone_as_typed,
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


# What wrote_again() may change.
CHANGED = [
    "wrote_again", "waiting_since", "due_at", "reminded", "escalated", "last_submission_at", "last_touch", "status",
    "closed_at", "lost_reason", "version",
]  # fmt: skip


def wrote_again(lead: Lead, submission: Submission, response_time: ResponseTime) -> list[Event]:
    """
    Change a locked lead for a further enquiry; the caller saves it. The clock runs again, and a closed lead is open.

    An enquiry that arrives late (from the spool, out of quarantine) does not turn its latest enquiry back. Returns the
    unsaved line for the timeline, if its status changed.
    """
    changes = {"wrote_again": True, **start_clock(lead, submission.received_at, response_time)}
    if submission.received_at >= lead.last_submission_at:
        changes |= {"last_submission_at": submission.received_at, "last_touch": submission.source}
    events = []
    if lead.status in (Status.WON, Status.LOST, Status.SPAM):
        detail = f"{lead.get_status_display()} → {Status.NEW.label}: wrote again"
        events.append(Event(lead=lead, kind=Event.Kind.STATUS, at=submission.received_at, detail=detail))
        changes |= {"status": Status.NEW, "closed_at": None, "lost_reason": "", "version": lead.version + 1}
    for name, value in changes.items():
        setattr(lead, name, value)
    return events


def surname_at_domain(surname: str, email: str) -> str:
    """`reyes@acme.com`; empty at free e-mail providers."""
    domain = email.rpartition("@")[2].casefold()
    return "" if is_free_provider(domain) else f"{folded(surname)}@{domain}"[:340]


def email_skeleton(email: str) -> str:
    """
    What addresses have in common that differ by dots, digits, a +tag, doubled or swapped letters.

    `ana.reyes1+work@example.com` → `aaeenrsy@example.com`, its letters in order of the alphabet.
    """
    local, _, domain = email.casefold().rpartition("@")
    letters = re.sub(r"[\W\d_]", "", local.partition("+")[0])
    letters = re.sub(r"(.)\1+", r"\1", letters) or local
    return f"{''.join(sorted(letters))}@{domain}"[:260]


def likely_duplicates(lead: Lead) -> QuerySet[Lead]:
    """Leads that may be the same person's: never sure enough to join them without being asked."""
    alike = Q(email_skeleton=lead.email_skeleton)
    if lead.phone:
        alike |= Q(phone=lead.phone)
    if lead.surname_at_domain:
        alike |= Q(surname_at_domain=lead.surname_at_domain)
    return Lead.objects.filter(alike).exclude(pk=lead.pk).exclude(status=Status.MERGED)[:SUGGESTED_MAX]
