"""The inbox: leads, and the submissions behind them."""

import logging
from copy import copy
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html

from company.admin_mixins import ReadOnlyMixin
from leads.admission.admit import admit_waiting
from leads.clock import working_calendar
from leads.models import OPEN, Lead, Submission
from leads.triage import filters, inbox, lead_page
from leads.triage.columns import SEARCH_HELP, ContactColumnsMixin, age, clock, first_line
from leads.triage.export import FORMATS, export
from leads.triage.forms import InboxActionForm
from leads.triage.pipeline import WrongMoveError
from leads.triage.quarantine import mark_spam, move
from leads.triage.search import MATCHES_MAX, search_leads, search_submissions
from leads.triage.work import assign, name_of

logger = logging.getLogger(__name__)


def admit_now() -> None:
    """Admit what waits, should no worker run; the inbox is shown even if that fails."""
    try:
        admit_waiting(timezone.now())
    except Exception as error:
        logger.error("Opening the inbox could not admit enquiries (%s).", type(error).__name__)


class Inbox(ChangeList):
    """The list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.is_more = self.result_count >= (MATCHES_MAX if self.query else inbox.COUNTED_MAX)
        now, calendar = timezone.now(), working_calendar()
        for lead in self.result_list:
            lead.age, lead.clock = age(lead.last_submission_at, now), clock(lead, now, calendar)


class Rows(ChangeList):
    """The same leads in the same order, all pages, for those who go through them."""

    def get_results(self, request: HttpRequest) -> None:
        """None are asked for yet: see `queryset`."""


@admin.register(Lead)
class LeadAdmin(ContactColumnsMixin, admin.ModelAdmin):
    list_display = ["who", "wants", "clock", "standing", "owner_name", "phone_link"]
    list_display_links = ["who"]
    list_filter = [
        filters.StatusFilter, filters.ClockFilter, filters.FollowUpFilter, filters.OwnerFilter, filters.ReceivedFilter,
        filters.SourceFilter, filters.PageFilter, filters.CreatedFilter, filters.ClosedFilter,
    ]  # fmt: skip
    list_select_related = ["owner"]
    list_per_page = 50
    sortable_by = ()  # each order needs an index: the views have theirs
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # the filters count for themselves, and no further than they need
    paginator = inbox.CountedPaginator
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    action_form = InboxActionForm
    actions = ["take", "assign_to", "move", "spam", "export_csv", "export_xlsx"]
    change_list_template = "admin/leads/lead/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # leads come in through intake

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        return False

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.assign_lead")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.export_lead")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<str:file_format>/", view, name="leads_lead_export"), *super().get_urls()]

    # --- The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows if hasattr(request, "rows_alone") else Inbox

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        return inbox.with_latest_requirements(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> Any:
        shows_open = request.GET.get("status", "new") in map(str, OPEN) and not filters.is_search(request)
        return inbox.MOST_URGENT_FIRST if shows_open else inbox.NEWEST_FIRST

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return (search_leads(queryset, search_term) if search_term.strip() else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        admit_now()
        asked = request.GET.copy()
        asked.pop("p", None)
        here = asked.urlencode()
        views = [{"title": title, "query": query, "is_here": query == here} for title, query in inbox.VIEWS]
        context = {"title": "Leads", "views": views, "filters": here, "may_export": self.has_export_permission(request)}
        response = super().changelist_view(request, {**context, **(extra_context or {})})
        drawn = getattr(response, "context_data", None) or {}
        if "action_form" in drawn and not self.has_assign_permission(request):
            del drawn["action_form"].fields["to"]  # is for those who give leads to others
        return response

    @admin.display(description="name")
    def who(self, lead: Lead) -> str:
        mark = format_html(' <span class="badge again">wrote again</span>') if lead.wrote_again else ""
        return format_html("{}{}", lead.full_name, mark)

    @admin.display(description="wants")
    def wants(self, lead: Any) -> str:
        return format_html("{}<small>{}</small>", first_line(lead.latest_requirements or ""), lead.first_touch)

    @admin.display(description="clock and age")
    def clock(self, lead: Any) -> str:
        follow_up = f", follow up {lead.follow_up_on:%-d %b}" if lead.follow_up_on else ""
        return format_html("{}<small>{} old{}</small>", lead.clock, lead.age, follow_up)

    @admin.display(description="status")
    def standing(self, lead: Lead) -> str:
        return format_html('<span class="badge {}">{}</span>', lead.status, lead.get_status_display())

    @admin.display(description="owner")
    def owner_name(self, lead: Lead) -> str:
        return name_of(lead.owner) if lead.owner else "–"

    # --- One lead

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        lead = self.get_object(request, object_id)
        if lead is None:
            self.message_user(request, "That lead doesn’t exist.", messages.WARNING)
            return redirect("admin:leads_lead_changelist")
        if not self.has_view_or_change_permission(request, lead):
            raise PermissionDenied
        listed = self.listed(request, request.GET.get("_changelist_filters", ""))
        return lead_page.show(request, lead, listed, may_change=self.has_change_permission(request, lead))

    def listed(self, request: HttpRequest, filters: str) -> QuerySet[Lead]:
        """All the leads of the list with these parameters; none, if they are no list's."""
        asked = copy(request)
        asked.GET = QueryDict(filters)
        asked.open_work = []  # type: ignore[attr-defined]  # nobody looks at the filters' counts
        asked.rows_alone = True  # type: ignore[attr-defined]
        try:
            found: QuerySet[Lead] = self.get_changelist_instance(asked).queryset
        except IncorrectLookupParameters:
            return Lead.objects.none()
        return found

    # --- Actions on several

    @admin.action(description="Assign to me", permissions=["change"])
    def take(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        """Whoever may not reassign takes what is nobody's."""
        now, user = timezone.now(), cast(User, request.user)
        free = queryset if self.has_assign_permission(request) else queryset.filter(owner=None)
        self.each(request, queryset, free, "yours now", lambda lead: assign(lead, user, actor=user, at=now))

    @admin.action(description="Assign to the owner chosen here", permissions=["assign"])
    def assign_to(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        form = InboxActionForm(request.POST)
        form.is_valid()
        owner = form.cleaned_data.get("to")
        if owner is None:
            self.message_user(request, "Choose the owner beside the action.", messages.ERROR)
            return
        now, user = timezone.now(), cast(User, request.user)
        self.each(
            request, queryset, queryset, f"{name_of(owner)}'s now",
            lambda lead: assign(lead, owner, actor=user, at=now),
        )  # fmt: skip

    @admin.action(description="Change to the status chosen here", permissions=["change"])
    def move(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        status, reason = request.POST.get("status", ""), request.POST.get("reason", "")
        if not status:
            self.message_user(request, "Choose the status beside the action.", messages.ERROR)
            return
        now, user = timezone.now(), cast(User, request.user)
        self.each(
            request, queryset, queryset, f"{Lead.Status(status).label} now",
            lambda lead: move(lead, status, actor=user, at=now, reason=reason),
        )  # fmt: skip

    @admin.action(description="Mark as spam: hold back from sales", permissions=["change"])
    def spam(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        now, user = timezone.now(), cast(User, request.user)
        self.each(
            request, queryset, queryset, "spam now",
            lambda lead: move(lead, Lead.Status.SPAM, actor=user, at=now),
        )  # fmt: skip

    def each(self, request: HttpRequest, queryset: QuerySet[Lead], done: QuerySet[Lead], what: str, do: Any) -> None:
        """Do it to each lead for itself, and say how many went well, and why others did not."""
        count, refused = 0, []
        for lead in done:
            try:
                do(lead)
            except WrongMoveError as error:
                refused.append(str(error))
            else:
                count += 1
        left = queryset.count() - done.count() if done is not queryset else 0
        if count:
            self.message_user(request, f"{count} {'lead is' if count == 1 else 'leads are'} {what}.")
        if left:
            self.message_user(request, f"{left} left as they were: they have an owner.", messages.WARNING)
        for sentence in refused[:10]:
            self.message_user(request, sentence, messages.ERROR)

    @admin.action(description="Export as CSV", permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseBase:
        return export(queryset, "csv", actor=request.user, filters="selected by hand")

    @admin.action(description="Export as XLSX", permissions=["export"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseBase:
        return export(queryset, "xlsx", actor=request.user, filters="selected by hand")

    def export_view(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """Exactly the list that the address describes, all its pages."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if file_format not in FORMATS or request.method != "POST":
            return redirect("admin:leads_lead_changelist")
        filters = request.POST.get("filters", "").replace("\0", "")  # which PostgreSQL stores nowhere
        return export(self.listed(request, filters), file_format, actor=request.user, filters=filters or "inbox")


@admin.register(Submission)
class SubmissionAdmin(ContactColumnsMixin, ReadOnlyMixin, admin.ModelAdmin):
    list_display = ["received_at", "reference_code", "name", "wants", "phone_link", "email_link"]
    list_filter = ["received_at"]
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    ordering = ["-id"]
    paginator = inbox.CountedPaginator
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
