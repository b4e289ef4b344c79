"""The form-is-broken alarm that needs nobody to look: no enquiry for longer than is usual."""

from datetime import datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.conf import settings

from leads.models import Submission
from leads.outbox.canary import MARK
from leads.outbox.models import Alarm, Delivery
from leads.outbox.queue import alert_addresses

USUAL_OVER = timedelta(days=28)
# With so many enquiries expected, none would come by chance once in 400 times (Poisson).
EXPECTED_BEFORE_ALARM = 6
OPENS, CLOSES = time(9), time(18)
WORKING_DAYS = range(5)  # Monday to Friday

NAME = "silence"


def check(now: datetime) -> bool:
    """Queue one mail to staff when it has been too quiet, and no other until an enquiry came; True if it did."""
    enquiries = Submission.objects.exclude(space_requirements__startswith=MARK)
    last = enquiries.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        return False
    Alarm.objects.filter(name=NAME, raised_at__lt=last).delete()
    usual = enquiries.filter(received_at__gt=last - USUAL_OVER).count()
    rate = usual / hours_of_work(last - USUAL_OVER, last)
    quiet = hours_of_work(last, now)
    if rate * quiet < EXPECTED_BEFORE_ALARM:
        return False
    _, is_new = Alarm.objects.get_or_create(name=NAME, defaults={"raised_at": now})
    if is_new:
        for address in alert_addresses():
            Delivery.objects.create(
                kind=Delivery.Kind.ALARM,
                recipient=address,
                subject="No enquiry for longer than usual: does the form work?",
                body=(
                    f"The last enquiry came {quiet:.0f} working hours ago; usually there is one every "
                    f"{ceil(1 / rate)} working hours or sooner.\n\n"
                    f"Please send one yourself: {settings.SITE_URL}/contact/\n"
                ),
            )
    return is_new


def hours_of_work(start: datetime, end: datetime) -> float:
    """How many hours of Monday to Friday, 9 to 18 in Manila, lie between the two."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    total = timedelta()
    while day <= last:
        if day.weekday() in WORKING_DAYS:
            opens, closes = (datetime.combine(day, at, zone) for at in (OPENS, CLOSES))
            total += max(timedelta(), min(closes, end) - max(opens, start))
        day += timedelta(days=1)
    return total / timedelta(hours=1)
