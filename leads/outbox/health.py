"""Whether messages flow: for /readyz and for whoever looks at 3 a.m."""

import time
from datetime import datetime, timedelta

from leads import spool
from leads.outbox.models import Delivery, Heartbeat

WORKER_SILENT_MAX = timedelta(minutes=2)
WAITING_MAX = timedelta(minutes=15)


def reasons_not_flowing(now: datetime) -> list[str]:
    """One sentence for each thing that holds messages up; empty while they flow. Asks the database."""
    reasons = []
    beat = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    if beat is None or now - beat > WORKER_SILENT_MAX:
        since = f"since {beat:%H:%M} UTC" if beat else "yet"
        reasons.append(f"No delivery worker has said that it lives {since}: run manage.py deliver.")
    oldest = oldest_pending()
    if oldest is not None and now - oldest > WAITING_MAX:
        reasons.append(f"A message has been waiting for {minutes(now - oldest)} minutes: see its error in the admin.")
    return reasons


def reasons_spooled() -> list[str]:
    """The same of what waits on the disk; needs no database."""
    files, since = spool.waiting()
    waited = timedelta(seconds=time.time() - since)
    if files and waited > WAITING_MAX:
        return [f"Enquiries have been waiting in the spool for {minutes(waited)} minutes: {spool.folder()}."]
    return []


def oldest_pending() -> datetime | None:
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    return pending.order_by("queued_at").values_list("queued_at", flat=True).first()


def minutes(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)
