"""The one door into the database: every enquiry enters through accept()."""

import unicodedata

from django.db import IntegrityError, transaction

from leads.models import IDENTITY_MAX, Event, Identity, Lead, Quarantine, Submission, record
from leads.outbox.queue import announce
from leads.screening import reasons_to_hold


class KeyTakenError(Exception):
    """The submission's key belongs to a stored submission that says something else."""


def accept(submission: Submission) -> Submission:
    """
    Store an unsaved submission, and hold it back or admit it to its person's lead: one commit.

    Repeatable: the same submission again stores nothing and returns the stored one, also when both arrive
    in the same instant, because `Submission.key` is unique in the database. Raises KeyTakenError when the key was
    used for other content.
    """
    try:
        with transaction.atomic():
            store(submission)
    except IntegrityError:
        stored = Submission.objects.filter(key=submission.key).first()
        if stored is None:  # another constraint failed: not a repetition
            raise
        if not stored.says_the_same_as(submission):
            raise KeyTakenError from None
        return stored
    return submission


def store(submission: Submission) -> None:
    if reasons := reasons_to_hold(submission):
        submission.lead = None
        submission.save(force_insert=True)
        Quarantine.objects.create(submission=submission, reasons=reasons, since=submission.received_at)
    else:
        submission.lead, is_new = join_or_open(submission)
        submission.save(force_insert=True)
        set_in_motion(submission, submission.lead, is_new=is_new)


def admit(submission: Submission) -> Lead:
    """What the arrival of a stored submission would have meant for sales, in the caller's transaction."""
    submission.lead, is_new = join_or_open(submission)
    Submission.objects.filter(pk=submission.pk).update(lead=submission.lead)
    set_in_motion(submission, submission.lead, is_new=is_new)
    return submission.lead


def set_in_motion(submission: Submission, lead: Lead, *, is_new: bool) -> None:
    """All that an enquiry of the lead's sets in motion, be it new or released."""
    kind = Event.Kind.OPENED if is_new else Event.Kind.WROTE_AGAIN
    record(lead, kind, submission.received_at, submission=submission)
    if not is_new:
        mark_wrote_again(lead, submission)
    announce(submission)


def identity_keys(submission: Submission) -> list[str]:
    """
    By what the sender is known, strongest first: the e-mail address; phone and surname.

    A phone number alone is not among them: a switchboard's number is shared by many people.
    """
    surname = unicodedata.normalize("NFKC", submission.last_name).casefold()
    extension = f"x{submission.phone_extension}" if submission.phone_extension else ""
    keys = [f"email:{submission.email.casefold()}", f"phone:{submission.phone}{extension}:{surname}"]
    return [key[:IDENTITY_MAX] for key in keys]  # one letter may normalise to eighteen


def join_or_open(submission: Submission) -> tuple[Lead, bool]:
    """The sender's lead, and whether it was opened just now. Learns identities that are new."""
    keys = identity_keys(submission)
    lead = known_lead(keys)
    if lead is None:
        try:
            with transaction.atomic():
                return open_lead(submission, keys), True
        except IntegrityError:  # somebody opened it since we looked
            lead = known_lead(keys)
            if lead is None:
                raise
    for key in keys:
        Identity.objects.get_or_create(key=key, defaults={"lead": lead})
    return lead, False


def known_lead(keys: list[str]) -> Lead | None:
    """The lead known by the first of the keys that any lead is known by."""
    found = {identity.key: identity.lead for identity in Identity.objects.filter(key__in=keys).select_related("lead")}
    return next((found[key] for key in keys if key in found), None)


def open_lead(submission: Submission, keys: list[str]) -> Lead:
    lead = Lead.objects.create(
        first_name=submission.first_name,
        last_name=submission.last_name,
        email=submission.email,
        phone=submission.phone,
        phone_extension=submission.phone_extension,
        first_touch=submission.source,
        last_touch=submission.source,
        created_at=submission.received_at,
        last_submission_at=submission.received_at,
    )
    Identity.objects.bulk_create(Identity(key=key, lead=lead) for key in keys)
    return lead


def mark_wrote_again(lead: Lead, submission: Submission) -> None:
    """An enquiry that arrives late does not turn the lead back."""
    stored = Lead.objects.filter(pk=lead.pk)
    stored.filter(last_submission_at__lte=submission.received_at).update(
        last_submission_at=submission.received_at, last_touch=submission.source
    )
    stored.update(wrote_again=True)
