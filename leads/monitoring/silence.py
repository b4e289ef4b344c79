"""A notice to staff if no enquiry has come for longer than usual: the form may be broken."""

from datetime import datetime, timedelta
from math import ceil

from django.conf import settings

from leads.models import Submission
from leads.notifications import alert_addresses, notify
from leads.outbox.models import StaffNotice
from leads.working_hours import working_hours

USUAL_PERIOD = timedelta(days=28)
# If 6 enquiries are expected, the probability of none is 1 in 400 (Poisson).
EXPECTED_MIN = 6

NAME = "silence"


def check(now: datetime) -> bool:
    """Mail staff if it has been silent for too long, once until the next enquiry. Returns whether it did."""
    enquiries = Submission.objects.admitted().filter(is_canary=False)
    last = enquiries.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        return False
    StaffNotice.objects.filter(name=NAME, raised_at__lt=last).delete()
    usual = enquiries.filter(received_at__gt=last - USUAL_PERIOD).count()
    hours = working_hours()
    rate = usual / max(1, hours.minutes_between(last - USUAL_PERIOD, last) / 60)
    silent_hours = hours.minutes_between(last, now) / 60
    if rate * silent_hours < EXPECTED_MIN:
        return False
    _, is_new = StaffNotice.objects.get_or_create(name=NAME, defaults={"raised_at": now})
    if is_new:
        for address in alert_addresses():
            notify(
                address,
                "No enquiry for longer than usual: does the form work?",
                (
                    f"The last enquiry came {silent_hours:.0f} working hours ago; usually there is one every "
                    f"{ceil(1 / rate)} working hours or sooner.\n\n"
                    f"Please send one yourself: {settings.SITE_URL}/contact/\n"
                ),
            )
    return is_new
