from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from phonenumber_field.phonenumber import PhoneNumber

from leads.models import Event, Lead, Submission
from leads.outbox.models import Delivery
from leads.reference import grouped
from leads.triage.quarantine import mark_spam
from leads.triage.search import search_leads, search_submissions
from leads.triage.status import change_status

SEARCH_HELP = "Name, e-mail, phone in any notation, or reference code"


class ReadOnlyMixin:
    """Rows that nobody adds, changes or deletes, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ContactColumnsMixin:
    """What is shown of a lead and of a submission alike; a click calls or writes."""

    @admin.display(description="name", ordering="last_name")
    def name(self, row: Lead | Submission) -> str:
        return f"{row.first_name} {row.last_name}"

    @admin.display(description="phone", ordering="phone")
    def phone_link(self, row: Lead | Submission) -> str:
        if not row.phone_extension:
            return format_html('<a href="tel:{}">{}</a>', row.phone, readable_phone(row.phone))
        return format_html(
            '<a href="tel:{};ext={}">{} ext. {}</a>',
            row.phone,
            row.phone_extension,
            readable_phone(row.phone),
            row.phone_extension,
        )

    @admin.display(description="e-mail", ordering="email")
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


def readable_phone(number: str) -> str:
    """`+639171234567` → `+63 917 123 4567`."""
    return PhoneNumber.from_string(number).as_international


def first_line(text: str) -> str:
    return Truncator(text.strip().partition("\n")[0]).chars(80)


class SubmissionInline(ContactColumnsMixin, ReadOnlyMixin, admin.StackedInline):
    model = Submission
    verbose_name_plural = "what was sent"
    ordering = ["received_at", "id"]
    readonly_fields = [
        "received_at", "reference_code", "space_requirements", "name", "phone_link", "phone_as_typed", "email_link",
        "page", "came_by",
    ]  # fmt: skip
    fields = (*readonly_fields,)


class EventInline(ReadOnlyMixin, admin.TabularInline):
    model = Event
    verbose_name_plural = "timeline"
    readonly_fields = ["at", "kind", "detail", "actor"]
    fields = (*readonly_fields,)


@admin.register(Lead)
class LeadAdmin(ContactColumnsMixin, admin.ModelAdmin):
    list_display = [
        "name",
        "wants",
        "status",
        "wrote_again",
        "last_submission_at",
        "phone_link",
        "email_link",
        "first_touch",
    ]
    list_filter = ["status", "wrote_again", "last_submission_at"]
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    list_per_page = 50
    readonly_fields = [
        "name", "phone_link", "email_link", "wrote_again", "created_at", "first_touch", "last_submission_at",
        "last_touch", "deliveries",
    ]  # fmt: skip
    fields = ["name", "phone_link", "email_link", "status", *readonly_fields[3:]]
    inlines = [SubmissionInline, EventInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # leads come in through intake

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        latest = Submission.objects.filter(lead=OuterRef("pk")).values("space_requirements")[:1]
        return super().get_queryset(request).annotate(latest_requirements=Subquery(latest))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return (search_leads(queryset, search_term) if search_term.strip() else queryset), False

    def save_model(self, request: HttpRequest, obj: Lead, form: forms.ModelForm, change: bool) -> None:
        """The status is all that this form changes, and only the service changes it."""
        change_status(obj, form.cleaned_data["status"], actor=request.user, at=timezone.now())

    @admin.display(description="deliveries")
    def deliveries(self, lead: Lead) -> str:
        """What was sent because of its enquiries, a line each."""
        rows = Delivery.objects.filter(submission__lead=lead).order_by("queued_at", "id")
        lines = ((each, each.get_state_display(), f" ({each.last_error})" if each.last_error else "") for each in rows)
        return format_html_join(mark_safe("<br>"), "{}: {}{}", lines) or "None"

    @admin.display(description="wants")
    def wants(self, lead: Any) -> str:
        return first_line(lead.latest_requirements or "")


@admin.register(Submission)
class SubmissionAdmin(ContactColumnsMixin, ReadOnlyMixin, admin.ModelAdmin):
    list_display = ["received_at", "reference_code", "name", "wants", "phone_link", "email_link"]
    list_filter = ["received_at"]
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    list_per_page = 50
    readonly_fields = [
        "received_at", "reference_code", "lead", "name", "phone_link", "phone_as_typed", "email_link",
        "space_requirements", "page", "came_by", "leave_blank",
    ]  # fmt: skip
    fields = (*readonly_fields,)
    actions = ["mark_as_spam"]

    def has_spam_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.change_quarantine")

    @admin.action(description="Mark as spam: hold back from sales", permissions=["spam"])
    def mark_as_spam(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        now = timezone.now()
        count = sum(mark_spam(each, actor=request.user, at=now) for each in queryset)
        self.message_user(request, f"{count} marked as spam; they wait in quarantine.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Submission], search_term: str
    ) -> tuple[QuerySet[Submission], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=search_submissions(search_term).values("pk")), False

    @admin.display(description="wants")
    def wants(self, submission: Submission) -> str:
        return first_line(submission.space_requirements)
