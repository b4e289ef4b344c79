"""Which enquiries are of one person: joined to one lead where that is sure, suggested where it is likely."""

import re
import unicodedata

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from leads import assignment
from leads.clock import started
from leads.folding import folded
from leads.mailboxes import is_anybodys
from leads.models import IDENTITY_MAX, Event, Identity, Lead, Merge, Status, Submission, record
from leads.outbox.canary import is_canary

SUGGESTED_MAX = 5


def identity_keys(submission: Submission) -> list[str]:
    """
    By what the sender is known, strongest first: the e-mail address; phone and surname.

    A phone number alone is not among them: a switchboard's number is shared by many people.
    """
    surname = unicodedata.normalize("NFKC", submission.last_name).casefold()
    extension = f"x{submission.phone_extension}" if submission.phone_extension else ""
    keys = [f"email:{submission.email.casefold()}", f"phone:{submission.phone}{extension}:{surname}"]
    return [key[:IDENTITY_MAX] for key in keys]  # one letter may normalise to eighteen


def known_lead(submission: Submission) -> Lead | None:
    """The lead known by the strongest of the submission's identities that any lead is known by."""
    keys = identity_keys(submission)
    found = {identity.key: identity.lead for identity in Identity.objects.filter(key__in=keys).select_related("lead")}
    return next((found[key] for key in keys if key in found), None)


def join_or_open(submission: Submission, lead: Lead | None) -> tuple[Lead, bool]:
    """The sender's lead (`lead`, if it is known), and whether it was opened just now. Learns new identities."""
    if lead is None:
        try:
            with transaction.atomic():
                return open_lead(submission), True
        except IntegrityError:  # somebody opened it since we looked
            lead = known_lead(submission)
            if lead is None:
                raise
    lead = still_there(lead)
    for key in identity_keys(submission):
        Identity.objects.get_or_create(key=key, defaults={"lead": lead})
    return lead, False


def still_there(lead: Lead) -> Lead:
    """The lead, locked, or the one it was merged into since we looked: nothing is joined to a lead that is hidden."""
    stored = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
    if stored.status != Status.MERGED:
        return stored
    return still_there(Merge.objects.select_related("into").get(lead=stored, undone_at=None).into)


def open_lead(submission: Submission) -> Lead:
    lead = Lead(
        first_name=submission.first_name,
        last_name=submission.last_name,
        email=submission.email,
        phone=submission.phone,
        phone_extension=submission.phone_extension,
        first_touch=submission.source,
        last_touch=submission.source,
        first_page=submission.page,
        created_at=submission.received_at,
        last_submission_at=submission.received_at,
        owner=None if is_canary(submission) else assignment.next_in_turn(),
        surname_at_domain=surname_at_domain(submission.last_name, submission.email),
        email_skeleton=email_skeleton(submission.email),
    )
    for name, value in started(lead, submission.received_at).items():
        setattr(lead, name, value)
    lead.save(force_insert=True)
    Identity.objects.bulk_create(Identity(key=key, lead=lead) for key in identity_keys(submission))
    return lead


def wrote_again(lead: Lead, submission: Submission) -> None:
    """
    A further enquiry: the clock runs again, and a closed lead is open again, in the caller's transaction.

    `lead` is locked and as it is stored. An enquiry that arrives late (from the spool, out of quarantine) does not turn
    its latest enquiry back.
    """
    changes = {"wrote_again": True, **started(lead, submission.received_at)}
    if submission.received_at >= lead.last_submission_at:
        changes |= {"last_submission_at": submission.received_at, "last_touch": submission.source}
    if lead.status in (Status.WON, Status.LOST, Status.SPAM):
        detail = f"{lead.get_status_display()} → {Status.NEW.label}: wrote again"
        record(lead, Event.Kind.STATUS, submission.received_at, detail=detail)
        changes |= {"status": Status.NEW, "closed_at": None, "lost_reason": "", "version": lead.version + 1}
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changes))


def surname_at_domain(surname: str, email: str) -> str:
    """`reyes@acme.com`; empty at providers where anybody may have a mailbox."""
    domain = email.rpartition("@")[2].casefold()
    return "" if is_anybodys(domain) else f"{folded(surname)}@{domain}"[:340]


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
    """Leads that may be the same person's: never sure enough to join them unasked."""
    alike = Q(phone=lead.phone) | Q(email_skeleton=lead.email_skeleton)
    if lead.surname_at_domain:
        alike |= Q(surname_at_domain=lead.surname_at_domain)
    return Lead.objects.filter(alike).exclude(pk=lead.pk).exclude(status=Status.MERGED)[:SUGGESTED_MAX]
