"""A notice to staff when no enquiry came for longer than usual: the form may be broken."""

from datetime import datetime, timedelta
from math import ceil

from django.conf import settings

from leads.clock import working_calendar
from leads.models import Submission
from leads.notifications import alert_addresses, notify
from leads.outbox.models import Alarm

USUAL_OVER = timedelta(days=28)
# With so many enquiries expected, none would come by chance once in 400 times (Poisson).
EXPECTED_BEFORE_ALARM = 6

NAME = "silence"


def check(now: datetime) -> bool:
    """Queue one mail to staff when it has been too quiet, and no other until an enquiry came; True if it did."""
    enquiries = Submission.objects.admitted().filter(is_canary=False)
    last = enquiries.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        return False
    Alarm.objects.filter(name=NAME, raised_at__lt=last).delete()
    usual = enquiries.filter(received_at__gt=last - USUAL_OVER).count()
    calendar = working_calendar()
    rate = usual / max(1, calendar.minutes_between(last - USUAL_OVER, last) / 60)
    quiet = calendar.minutes_between(last, now) / 60
    if rate * quiet < EXPECTED_BEFORE_ALARM:
        return False
    _, is_new = Alarm.objects.get_or_create(name=NAME, defaults={"raised_at": now})
    if is_new:
        for address in alert_addresses():
            notify(
                address,
                "No enquiry for longer than usual: does the form work?",
                (
                    f"The last enquiry came {quiet:.0f} working hours ago; usually there is one every "
                    f"{ceil(1 / rate)} working hours or sooner.\n\n"
                    f"Please send one yourself: {settings.SITE_URL}/contact/\n"
                ),
            )
    return is_new
