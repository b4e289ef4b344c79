"""How the admin's pages show phone numbers, ages and due times."""

import re
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from leads.models import Lead, Person
from leads.phone import readable
from leads.working_hours import WorkingHours, format_working_time

FIRST_LINE_MAX = 80  # characters


def phone_link(person: Person) -> SafeString:
    """A link that dials, and the text as typed if it says more. A number that could not be read is shown as typed."""
    if not person.phone:
        return format_html('{} <span class="badge">not read</span>', person.phone_as_typed or "–")
    extension = person.phone_extension
    number = format_html(
        '<a href="tel:{}{}">{}{}</a>',
        person.phone, f";ext={extension}" if extension else "",
        readable(person.phone), f" ext. {extension}" if extension else "",
    )  # fmt: skip
    return format_html("{}<small>{}</small>", number, person.phone_as_typed) if has_remark(person) else number


def has_remark(person: Person) -> bool:
    """Whether the typed text has more than the number: a second number, or words such as "Viber"."""
    is_longer = len(re.sub(r"\D", "", person.phone_as_typed)) > len(person.phone + person.phone_extension) + 2
    words = re.findall(r"[^\W\d_]{3,}", person.phone_as_typed)
    return is_longer or any(word.casefold() not in ("ext", "loc", "local", "extension") for word in words)


def first_line(text: str) -> str:
    return Truncator(text.strip().partition("\n")[0]).chars(FIRST_LINE_MAX)


def format_age(since: datetime, now: datetime) -> str:
    """`12 min`, `5 h`, `3 d`."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def format_due_time(lead: Lead, now: datetime, hours: WorkingHours) -> str:
    """`due in 42 min`, `overdue by 3 h 05 min`, in working time; `–` without a due time."""
    if lead.due_at is None:
        return "–"
    if lead.due_at < now:
        late = format_working_time(hours.minutes_between(lead.due_at, now))
        return format_html('<strong class="overdue">overdue by {}</strong>', late)
    return f"due in {format_working_time(hours.minutes_between(now, lead.due_at))}"
