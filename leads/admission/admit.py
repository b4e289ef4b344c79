"""
Admission of stored submissions: quarantine with reasons, or a lead with due time, owner, timeline and messages.

In batches, one commit each. Idempotent: an admitted submission is not waiting any more. Several workers may run; each
locks other submissions.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from leads.admission.assignment import assign_in_turn
from leads.admission.matching import FURTHER_ENQUIRY_FIELDS, apply_further_enquiry, identity_key, known_leads, new_lead
from leads.admission.screening import Screening
from leads.clock import ResponseTime
from leads.models import AdmissionFailure, Event, Identity, Lead, Quarantine, Submission
from leads.notifications import announce

BATCH_SIZE = 50  # submissions in one transaction; on SQLite visitors wait for its end
RETRY_FIRST, RETRY_MAX = timedelta(seconds=30), timedelta(hours=1)

logger = logging.getLogger(__name__)


def admit_waiting(now: datetime, limit: int = BATCH_SIZE) -> int:
    """
    Admit up to `limit` waiting submissions, oldest first. Returns how many were tried.

    One that fails is set aside, retried later and reported (leads/monitoring/readiness.py); it never blocks the others.
    Raises django.db.Error if the database cannot be reached.
    """
    ids = list(waiting_ids(now, limit))
    if not ids:
        return 0
    try:
        admit_batch(ids, now)
    except Exception as error:
        raise_if_unreachable(error)
        for pk in ids:
            admit_alone(pk, now)
    return len(ids)


def waiting_ids(now: datetime, limit: int) -> Iterable[int]:
    due = Submission.objects.waiting().exclude(admission_failure__next_attempt_at__gt=now)
    return due.values_list("pk", flat=True)[:limit]


def admit_alone(pk: int, now: datetime) -> None:
    try:
        admit_batch([pk], now)
    except Exception as error:
        raise_if_unreachable(error)
        logger.error("Submission %s cannot be admitted (%s); it is set aside.", pk, type(error).__name__)
        set_aside(pk, error, now)


def raise_if_unreachable(error: Exception) -> None:
    """Raise the error again if the database is unreachable, not for a deadlock, a lock timeout or a bad row."""
    if isinstance(error, (OperationalError, InterfaceError)) and not connection.is_usable():
        raise error


def set_aside(pk: int, error: Exception, now: datetime) -> None:
    """Record the failure. The delay before the next attempt doubles from RETRY_FIRST to RETRY_MAX."""
    failure, is_new = AdmissionFailure.objects.get_or_create(
        submission_id=pk,
        defaults={"error": type(error).__name__, "failed_at": now, "next_attempt_at": now + RETRY_FIRST},
    )
    if not is_new:
        delay = min(RETRY_MAX, RETRY_FIRST * 2 ** min(failure.attempts, 10))
        AdmissionFailure.objects.filter(pk=failure.pk).update(
            attempts=F("attempts") + 1, error=type(error).__name__, next_attempt_at=now + delay
        )


@transaction.atomic
def admit_batch(ids: Sequence[int], now: datetime) -> None:
    """Admit those of these submissions that are still waiting and that no other worker has locked."""
    rows = Submission.objects.waiting().filter(pk__in=ids)
    submissions = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True))
    if submissions:
        admit(submissions, now)


def admit(submissions: Sequence[Submission], now: datetime, *, is_screened: bool = True) -> None:
    """
    Admit these stored submissions, in the caller's transaction. Without `is_screened`, none is held.

    Sets `lead` on each one that is not held.
    """
    batch = Batch(submissions, now)
    screening = Screening(submissions) if is_screened else None
    for submission in submissions:
        lead = batch.leads.get(identity_key(submission))
        reasons = screening.reasons_to_hold(submission, lead) if screening else []
        if reasons:
            batch.hold(submission, reasons)
        else:
            batch.join(submission, lead)
            if screening:
                screening.remember(submission)
    batch.save()


class Batch:
    """The decisions about a batch of submissions: collected first, then written with one statement per table."""

    def __init__(self, submissions: Sequence[Submission], now: datetime) -> None:
        self.submissions, self.now = submissions, now
        self.response_time = ResponseTime.load()
        self.leads = known_leads(submissions)  # by identity_key(), here and below
        self.new: dict[str, Lead] = {}
        self.changed: dict[int, Lead] = {}
        self.events: list[Event] = []
        self.held: list[Quarantine] = []
        self.accepted: list[tuple[Submission, bool]] = []  # each with whether it is the first of its lead

    def hold(self, submission: Submission, reasons: list[str]) -> None:
        self.held.append(Quarantine(submission=submission, reasons=reasons, since=submission.received_at))

    def join(self, submission: Submission, lead: Lead | None) -> None:
        is_new = lead is None
        if lead is None:
            lead = new_lead(submission, self.response_time)
            key = identity_key(submission)
            self.leads[key] = self.new[key] = lead
        kind = Event.Kind.OPENED if is_new else Event.Kind.WROTE_AGAIN
        self.events.append(Event(lead=lead, kind=kind, at=submission.received_at, submission=submission))
        if not is_new:
            self.events += apply_further_enquiry(lead, submission, self.response_time)
            if lead.pk:
                self.changed[lead.pk] = lead
        submission.lead = lead
        self.accepted.append((submission, is_new))

    def save(self) -> None:
        from_canary = {id(submission.lead) for submission, _ in self.accepted if submission.is_canary}
        assign_in_turn([lead for lead in self.new.values() if id(lead) not in from_canary])
        Lead.objects.bulk_create(self.new.values())
        Identity.objects.bulk_create(Identity(key=key, lead=lead) for key, lead in self.new.items())
        if self.changed:
            Lead.objects.bulk_update(self.changed.values(), FURTHER_ENQUIRY_FIELDS)
        for submission in self.submissions:
            submission.lead = submission.lead  # copies the id, which a new lead has only now
            submission.waiting, submission.search_text = False, submission.make_search_text()
        Submission.objects.bulk_update(self.submissions, Submission.ADMISSION)
        for event in self.events:
            event.lead = event.lead
        Event.objects.bulk_create(self.events)
        Quarantine.objects.bulk_create(self.held)
        announce(self.accepted, self.now)
        AdmissionFailure.objects.filter(submission__in=self.submissions).delete()
