"""Columns and fields that several pages of the admin share."""

from urllib.parse import quote

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.models import Person, Submission
from leads.reference import grouped
from leads.triage.formatting import phone_link

SEARCH_HELP = "Name, e-mail, phone in any notation, reference code, or words of what they wrote"


class ContactColumnsMixin:
    """Name, phone and e-mail address of a lead or a submission. Phone and address are links."""

    @admin.display(description="name")
    def name(self, person: Person) -> str:
        return person.full_name

    @admin.display(description="phone")
    def phone_link(self, person: Person) -> SafeString:
        return phone_link(person)

    @admin.display(description="e-mail")
    def email_link(self, person: Person) -> SafeString:
        return format_html('<a href="mailto:{}">{}</a>', quote(person.email, safe="@"), person.email)


class SubmissionColumnsMixin(ContactColumnsMixin):
    @admin.display(description="reference")
    def reference_code(self, submission: Submission) -> str:
        return grouped(submission.reference)

    @admin.display(description="came by")
    def came_by(self, submission: Submission) -> SafeString:
        """The source, then a line for each other fact of the attribution."""
        facts = [f"{name}: {value}" for name, value in submission.attribution.items() if name != "source"]
        return format_html("{}{}", submission.source, format_html_join("", "<br>{}", ((fact,) for fact in facts)))
