"""What the pages of the admin show alike."""

import re
from datetime import datetime
from urllib.parse import quote

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from leads.clock import Calendar
from leads.models import Lead, Submission
from leads.phone import readable
from leads.reference import grouped

SEARCH_HELP = "Name, e-mail, phone in any notation, reference code, or words of what they wrote"

A_DAY = 9 * 60  # working minutes, roughly


class ContactColumnsMixin:
    """What is shown of a lead and of a submission alike; a click calls or writes."""

    @admin.display(description="name")
    def name(self, row: Lead | Submission) -> str:
        return row.full_name

    @admin.display(description="phone")
    def phone_link(self, row: Lead | Submission) -> str:
        return phone_link(row)

    @admin.display(description="e-mail")
    def email_link(self, row: Lead | Submission) -> str:
        return format_html('<a href="mailto:{}">{}</a>', quote(row.email, safe="@"), row.email)

    @admin.display(description="reference")
    def reference_code(self, submission: Submission) -> str:
        return grouped(submission.reference)

    @admin.display(description="came by")
    def came_by(self, submission: Submission) -> str:
        """The source, then what it was concluded from, a line each."""
        source, *rest = [submission.source, *(f"{k}: {v}" for k, v in submission.attribution.items() if k != "source")]
        return format_html("{}{}", source, format_html_join("", "<br>{}", ((line,) for line in rest)))


def phone_link(row: Lead | Submission) -> str:
    """A link that dials; what was typed where it could not be read, and beside the link where it holds more."""
    if not row.phone:
        return format_html('{} <span class="badge">not read</span>', row.phone_as_typed or "–")
    extension = row.phone_extension
    number = format_html(
        '<a href="tel:{}{}">{}{}</a>',
        row.phone, f";ext={extension}" if extension else "",
        readable(row.phone), f" ext. {extension}" if extension else "",
    )  # fmt: skip
    return format_html("{}<small>{}</small>", number, row.phone_as_typed) if holds_more(row) else number


def holds_more(row: Lead | Submission) -> bool:
    """Whether more was typed than the number that was read: a second number, or words such as "Viber"."""
    is_longer = len(re.sub(r"\D", "", row.phone_as_typed)) > len(row.phone + row.phone_extension) + 2
    words = re.findall(r"[^\W\d_]{3,}", row.phone_as_typed)
    return is_longer or any(word.casefold() not in ("ext", "loc", "local", "extension") for word in words)


def first_line(text: str) -> str:
    return Truncator(text.strip().partition("\n")[0]).chars(80)


def age(since: datetime, now: datetime) -> str:
    """`now`, `12 min`, `5 h`, `3 d`: how long ago, at a glance."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def working_time(minutes: int) -> str:
    """`45 min`, `3 h 05 min`, `12 h`, `6 working days`."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 600:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 60} h" if minutes < 2 * A_DAY else f"{minutes // A_DAY} working days"


def clock(lead: Lead, now: datetime, calendar: Calendar) -> str:
    """`due in 42 min`, `overdue by 3 h 05 min`: working time."""
    if lead.due_at is None:
        return "–"
    if lead.due_at < now:
        late = working_time(calendar.minutes_between(lead.due_at, now))
        return format_html('<strong class="overdue">overdue by {}</strong>', late)
    return format_html("due in {}", working_time(calendar.minutes_between(now, lead.due_at)))
