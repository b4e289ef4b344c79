"""The one door into the database: every enquiry enters through accept()."""

from django.db import IntegrityError, transaction

from leads.models import Event, Lead, Quarantine, Submission, record
from leads.outbox.queue import announce
from leads.screening import reasons_to_hold
from leads.threads import join_or_open, known_lead, wrote_again


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
    lead = known_lead(submission)
    if reasons := reasons_to_hold(submission, lead):
        submission.lead = None
        submission.save(force_insert=True)
        Quarantine.objects.create(submission=submission, reasons=reasons, since=submission.received_at)
    else:
        submission.lead, is_new = join_or_open(submission, lead)
        submission.save(force_insert=True)
        set_in_motion(submission, submission.lead, is_new=is_new)


def admit(submission: Submission) -> Lead:
    """What the arrival of a stored submission would have meant for sales, in the caller's transaction."""
    submission.lead, is_new = join_or_open(submission, known_lead(submission))
    Submission.objects.filter(pk=submission.pk).update(lead=submission.lead)
    set_in_motion(submission, submission.lead, is_new=is_new)
    return submission.lead


def set_in_motion(submission: Submission, lead: Lead, *, is_new: bool) -> None:
    """All that an enquiry of the lead's sets in motion, be it new or released."""
    kind = Event.Kind.OPENED if is_new else Event.Kind.WROTE_AGAIN
    record(lead, kind, submission.received_at, submission=submission)
    if not is_new:
        wrote_again(lead, submission)
    announce(submission)
