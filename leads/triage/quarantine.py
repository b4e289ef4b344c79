"""Ending a quarantine, and beginning one by hand: each once, also when two people click."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from leads.admission.admit import admit
from leads.models import Event, Lead, Quarantine, Status, Submission, record
from leads.notifications import announce_again, withdraw
from leads.triage.pipeline import MOVES, change_status, check_move, lock


@transaction.atomic
def release(quarantine: Quarantine, *, actor: User | AnonymousUser, at: datetime) -> bool:
    """Do what the enquiry's arrival would have done; False if it was released already."""
    lock_lead(quarantine.submission_id)
    held = Quarantine.objects.filter(pk=quarantine.pk, released_at=None)
    if not held.update(released_at=at, released_by=actor):
        return False
    submission = Submission.objects.select_related("lead").get(pk=quarantine.submission_id)
    if submission.lead is None:
        admit([submission], at, is_screened=False)
    else:
        if submission.lead.status == Lead.Status.SPAM:
            change_status(submission.lead, Lead.Status.NEW, actor=actor, at=at)
        announce_again(submission, at)
    assert submission.lead is not None  # noqa: S101 - for the type checker
    record(submission.lead, Event.Kind.RELEASED, at, actor=actor, submission=submission)
    return True


@transaction.atomic
def mark_spam(submission: Submission, *, actor: User | AnonymousUser, at: datetime) -> bool:
    """
    Hold back an enquiry that sales has already; False if it is held already.

    Its lead, when it has no other enquiry, becomes spam as well.
    """
    lock_lead(submission.pk)
    reasons = [f"{actor} marked it as spam."]
    quarantine, is_new = Quarantine.objects.get_or_create(
        submission=submission, defaults={"reasons": reasons, "since": at}
    )
    released = Quarantine.objects.filter(pk=quarantine.pk).exclude(released_at=None)
    if not is_new and not released.update(reasons=reasons, since=at, released_at=None, released_by=None):
        return False
    Submission.objects.filter(pk=submission.pk).update(waiting=False)
    withdraw(submission)
    lead = Submission.objects.select_related("lead").get(pk=submission.pk).lead
    if lead is not None:
        record(lead, Event.Kind.SPAM, at, actor=actor, submission=submission)
        heard = lead.submissions.exclude(quarantine__released_at=None, quarantine__isnull=False)
        if Status.SPAM in MOVES[lead.status] and not heard.exists():
            change_status(lead, Lead.Status.SPAM, actor=actor, at=at)
    return True


def lock_lead(submission: int) -> None:
    """Before its quarantine, always in this order, so that two people never wait for each other."""
    if lead := Submission.objects.select_related("lead").get(pk=submission).lead:
        lock(lead)


@transaction.atomic
def mark_lead_spam(lead: Lead, *, actor: User | AnonymousUser, at: datetime, version: int | None = None) -> None:
    """Hold back every enquiry of the lead, which makes it spam. Raises WrongMoveError, StaleLeadError."""
    stored = lock(lead, version)
    if stored.status == Status.SPAM:
        return
    check_move(stored, Status.SPAM)
    for submission in stored.submissions.all():
        mark_spam(submission, actor=actor, at=at)
    change_status(stored, Status.SPAM, actor=actor, at=at)


@transaction.atomic
def release_lead(lead: Lead, *, actor: User | AnonymousUser, at: datetime, version: int | None = None) -> None:
    """Release every enquiry of a lead that is no spam after all. Raises WrongMoveError, StaleLeadError."""
    stored = lock(lead, version)
    if stored.status == Status.NEW:
        return
    check_move(stored, Status.NEW)
    for held in Quarantine.objects.filter(submission__lead=stored, released_at=None).order_by("since", "id"):
        release(held, actor=actor, at=at)
    change_status(stored, Status.NEW, actor=actor, at=at)


def move(
    lead: Lead,
    status: str,
    *,
    actor: User | AnonymousUser,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Change the status, with what that means for the enquiries. Raises WrongMoveError, StaleLeadError."""
    if status == Status.SPAM:
        mark_lead_spam(lead, actor=actor, at=at, version=version)
    elif status == Status.NEW:
        release_lead(lead, actor=actor, at=at, version=version)
    else:
        change_status(lead, status, actor=actor, at=at, reason=reason, version=version)
