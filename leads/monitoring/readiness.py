"""Whether this host can accept enquiries, and whether everything works: for /acceptz and /readyz."""

import time
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from leads import spool
from leads.models import AdmissionFailure, Submission
from leads.monitoring import heartbeat
from leads.outbox.models import Delivery

WAITING_MAX = timedelta(minutes=15)
ADMISSION_MAX = timedelta(minutes=5)
PROBE = "probe"


def can_accept() -> bool:
    """Whether this host can store an enquiry in the spool or the database. The spool comes first: it cannot hang."""
    return can_spool() or can_store()


def can_spool() -> bool:
    """Whether a file in the spool can be written and synced."""
    try:
        with (spool.folder() / PROBE).open("wb") as file:
            spool.write(file.fileno(), b"\n")
    except OSError:
        return False
    return True


def can_store() -> bool:
    """Whether the database accepts writes to the table, tried with one that changes nothing."""
    try:
        with transaction.atomic():
            Submission.objects.filter(pk=0).update(waiting=False)
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SHOW transaction_read_only")
                    return bool(cursor.fetchone() == ("off",))
    except DatabaseError:
        return False
    return True


def reasons_not_ready(now: datetime) -> list[str]:
    """A sentence for each problem of this host; empty if there is none."""
    try:
        reasons = database_problems(now)
    except DatabaseError:
        reasons = ["The database cannot be reached."]
    try:
        reasons += worker_problems() + spool_problems()
    except OSError as error:
        reasons.append(f"The spool cannot be used: {error.strerror}.")
    return reasons


def database_problems(now: datetime) -> list[str]:
    executor = MigrationExecutor(connection)
    if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return [f"{len(pending)} database migrations are pending: run manage.py migrate."]
    reasons = []
    if (oldest := oldest_pending()) and now - oldest > WAITING_MAX:
        reasons.append(f"A message has been waiting for {minutes(now - oldest)} minutes: see its error in the admin.")
    if count := AdmissionFailure.objects.count():
        reasons.append(f"Enquiries that cannot be admitted: {count}. See the worker's log; they are tried again.")
    waiting = Submission.objects.waiting().filter(admission_failure=None).first()
    if waiting and now - waiting.received_at > ADMISSION_MAX:
        reasons.append(f"An enquiry has been waiting for admission for {minutes(now - waiting.received_at)} minutes.")
    return reasons


def worker_problems() -> list[str]:
    silence = heartbeat.seconds_since_beat()
    if silence is None:
        return ["No delivery worker has run on this host yet: run manage.py deliver."]
    if silence > heartbeat.SILENT_MAX_SECONDS:
        return [
            f"The delivery worker of this host has been silent for {silence // 60:.0f} minutes: run manage.py deliver."
        ]
    return []


def spool_problems() -> list[str]:
    """Raises OSError."""
    reasons = []
    files, since = spool.waiting()
    waited = timedelta(seconds=time.time() - since)
    if files and waited > WAITING_MAX:
        reasons.append(f"Enquiries have been waiting in the spool for {minutes(waited)} minutes: {spool.folder()}.")
    if count := spool.count_lines(spool.folder() / spool.REFUSED):
        reasons.append(f"Spooled enquiries that the database refuses: {count}. They are tried again each minute.")
    if count := spool.count_lines(spool.folder() / spool.UNREADABLE):
        reasons.append(
            f"Spooled enquiries that cannot be read: {count}. Repair {spool.UNREADABLE}, then run manage.py respool."
        )
    return reasons


def oldest_pending() -> datetime | None:
    """When the oldest pending message was queued."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    return pending.order_by("queued_at").values_list("queued_at", flat=True).first()


def minutes(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)
