"""Holding an enquiry back from sales, and releasing it: once each, also when two people click."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from leads.actions.lead_row import lock_lead, write_status
from leads.admission.admit import admit
from leads.models import Event, Lead, Quarantine, Status, Submission, record_event
from leads.models.status import allowed_moves
from leads.notifications import announce_again, withdraw


@transaction.atomic
def release(quarantine: Quarantine, *, actor: User, at: datetime) -> bool:
    """
    Release an enquiry: admit it without screening, or send the messages that were withdrawn. False if it was released
    before.

    Its lead, if it was spam, is new again.
    """
    lead = lock_lead_of(quarantine.submission_id)
    if not mark_released(quarantine, actor=actor, at=at):
        return False
    if lead is not None and lead.status == Status.SPAM:
        write_status(lead, Status.NEW, actor=actor, at=at)
    pass_on(quarantine.submission_id, actor=actor, at=at)
    return True


@transaction.atomic
def mark_spam(submission: Submission, *, actor: User, at: datetime) -> bool:
    """
    Hold an enquiry that sales has already. False if it is held already.

    Its lead, if no other enquiry of it is left, becomes spam.
    """
    lead = lock_lead_of(submission.pk)
    if not hold(submission, actor=actor, at=at):
        return False
    if lead is not None:
        record_event(lead, Event.Kind.SPAM, at, actor=actor, submission=submission)
        others = Submission.objects.not_held().filter(lead=lead)
        if Status.SPAM in allowed_moves(lead.status) and not others.exists():
            write_status(lead, Status.SPAM, actor=actor, at=at)
    return True


def hold_all(lead: Lead, *, actor: User, at: datetime) -> None:
    """Hold every enquiry of a locked lead."""
    for submission in lead.submissions.all():
        if hold(submission, actor=actor, at=at):
            record_event(lead, Event.Kind.SPAM, at, actor=actor, submission=submission)


def release_all(lead: Lead, *, actor: User, at: datetime) -> None:
    """Release every held enquiry of a locked lead."""
    for quarantine in Quarantine.objects.waiting().filter(submission__lead=lead).order_by("since", "id"):
        if mark_released(quarantine, actor=actor, at=at):
            pass_on(quarantine.submission_id, actor=actor, at=at)


def hold(submission: Submission, *, actor: User, at: datetime) -> bool:
    """Put the enquiry into quarantine and withdraw its messages; False if it is there already."""
    reasons = [f"{actor} marked it as spam."]
    quarantine, is_new = Quarantine.objects.get_or_create(
        submission=submission, defaults={"reasons": reasons, "since": at}
    )
    released = Quarantine.objects.filter(pk=quarantine.pk).exclude(released_at=None)
    if not is_new and not released.update(reasons=reasons, since=at, released_at=None, released_by=None):
        return False
    Submission.objects.filter(pk=submission.pk).update(waiting=False)
    withdraw(submission)
    return True


def mark_released(quarantine: Quarantine, *, actor: User, at: datetime) -> bool:
    """End the quarantine by compare-and-set: of several callers, one gets True."""
    waiting = Quarantine.objects.waiting().filter(pk=quarantine.pk)
    return bool(waiting.update(released_at=at, released_by=actor))


def pass_on(submission_id: int, *, actor: User, at: datetime) -> None:
    """Give a released enquiry to sales."""
    submission = Submission.objects.select_related("lead").get(pk=submission_id)
    if submission.lead is None:
        admit([submission], at, is_screened=False)
    else:
        announce_again(submission, at)
    assert submission.lead is not None  # noqa: S101 - for the type checker
    record_event(submission.lead, Event.Kind.RELEASED, at, actor=actor, submission=submission)


def lock_lead_of(submission_id: int) -> Lead | None:
    """
    Lock the lead of an enquiry, if it has one. If a merge gives the enquiry to another lead meanwhile, that one.

    Always before its quarantine: the same order everywhere prevents deadlocks.
    """
    submissions = Submission.objects.filter(pk=submission_id)
    while lead_id := submissions.values_list("lead", flat=True).get():
        lead = lock_lead(Lead(pk=lead_id))
        if submissions.filter(lead=lead).exists():
            return lead
    return None
