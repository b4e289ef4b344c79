"""The inbox: the list of leads in the admin, with its columns and the actions on several leads."""

import logging
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
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
from django.utils.safestring import SafeString

from company.admin_mixins import NoAddOrDeleteMixin
from company.requests import AuthenticatedHttpRequest
from leads.actions.activity import assign
from leads.actions.change_status import WrongMoveError, change_status
from leads.admission.admit import admit_waiting
from leads.models import OPEN, Lead, Status
from leads.staff import display_name
from leads.triage import inbox_filters, inbox_queries, lead_page
from leads.triage.admin_mixins import SEARCH_HELP, ContactColumnsMixin
from leads.triage.export import FORMATS, export
from leads.triage.formatting import first_line, format_age, format_due_time
from leads.triage.lead_forms import OwnerField
from leads.triage.search import MATCHES_MAX, search_leads
from leads.working_hours import working_hours

REFUSALS_SHOWN = 10

logger = logging.getLogger(__name__)


def admit_now() -> None:
    """Admit waiting enquiries, in case no worker runs. The inbox is shown even if that fails."""
    try:
        admit_waiting(timezone.now())
    except Exception as error:
        logger.error("Opening the inbox could not admit enquiries (%s).", type(error).__name__)


class InboxList(inbox_filters.LeadList):
    """One page of the list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.is_more = self.result_count >= (MATCHES_MAX if self.query else inbox_queries.COUNTED_MAX)


class InboxActionForm(ActionForm):
    """The inputs of the actions on several leads."""

    to = OwnerField(required=False, empty_label="whom…", label="Owner:")
    status = forms.ChoiceField(
        label="Status:",
        required=False,
        choices=[
            ("", "to…"),
            *((status.value, status.label) for status in Status if status != Status.MERGED),
        ],
    )
    reason = forms.CharField(
        label="Reason:", required=False, max_length=200, widget=forms.TextInput(attrs={"placeholder": "if lost: why"})
    )


@admin.register(Lead)
class LeadAdmin(ContactColumnsMixin, NoAddOrDeleteMixin, admin.ModelAdmin[Lead]):
    list_display = ["who", "wants", "clock", "standing", "owner_name", "phone_link"]
    list_display_links = ["who"]
    list_filter = [
        inbox_filters.StatusFilter, inbox_filters.ClockFilter, inbox_filters.FollowUpFilter, inbox_filters.OwnerFilter,
        inbox_filters.ReceivedFilter, inbox_filters.SourceFilter, inbox_filters.PageFilter,
        inbox_filters.CreatedFilter, inbox_filters.ClosedFilter,
    ]  # fmt: skip
    list_select_related = ["owner"]
    list_per_page = 50
    sortable_by = ()  # each order needs an index: the views have theirs
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # the filters have their own counts
    paginator = inbox_queries.BoundedPaginator
    search_fields = ["reference"]  # shows the box; get_search_results() searches
    search_help_text = SEARCH_HELP
    action_form = InboxActionForm
    actions = ["take", "assign_to", "move", "spam", "export_csv", "export_xlsx"]
    change_list_template = "admin/leads/lead/change_list.html"

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.assign_lead")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.export_lead")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<str:file_format>/", view, name="leads_lead_export"), *super().get_urls()]

    # --- The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return InboxList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        return inbox_queries.with_latest_requirements(super().get_queryset(request))

    def get_ordering(self, request: HttpRequest) -> Any:
        shows_open = request.GET.get("status", "new") in map(str, OPEN) and not inbox_filters.is_search(request)
        return inbox_queries.MOST_URGENT_FIRST if shows_open else inbox_queries.NEWEST_FIRST

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return (search_leads(queryset, search_term) if search_term.strip() else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        admit_now()
        query = request.GET.copy()
        query.pop("p", None)
        query_string = query.urlencode()
        context = {
            "title": "Leads",
            "views": [
                {"title": title, "query": view_query, "is_here": view_query == query_string}
                for title, view_query in inbox_queries.VIEWS
            ],
            "filters": query_string,
            "may_export": self.has_export_permission(request),
        }
        response = super().changelist_view(request, {**context, **(extra_context or {})})
        page_context = getattr(response, "context_data", None) or {}
        if "cl" in page_context:
            now, hours = timezone.now(), working_hours()
            for lead in page_context["cl"].result_list:
                lead.due_time, lead.age = format_due_time(lead, now, hours), format_age(lead.last_submission_at, now)
        if "action_form" in page_context and not self.has_assign_permission(request):
            del page_context["action_form"].fields["to"]
        return response

    @admin.display(description="name")
    def who(self, lead: Lead) -> SafeString:
        badge = SafeString(' <span class="badge again">wrote again</span>') if lead.wrote_again else ""
        return format_html("{}{}", lead.full_name, badge)

    @admin.display(description="wants")
    def wants(self, lead: Any) -> SafeString:
        return format_html("{}<small>{}</small>", first_line(lead.latest_requirements or ""), lead.first_touch)

    @admin.display(description="clock and age")
    def clock(self, lead: Any) -> SafeString:
        follow_up = f", follow up {lead.follow_up_on:%-d %b}" if lead.follow_up_on else ""
        return format_html("{}<small>{} old{}</small>", lead.due_time, lead.age, follow_up)

    @admin.display(description="status")
    def standing(self, lead: Lead) -> SafeString:
        return format_html('<span class="badge {}">{}</span>', lead.status, lead.get_status_display())

    @admin.display(description="owner")
    def owner_name(self, lead: Lead) -> str:
        return display_name(lead.owner) if lead.owner else "–"

    # --- One lead

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lead = self.get_object(request, object_id)
        if lead is None:
            self.message_user(request, "That lead doesn’t exist.", messages.WARNING)
            return redirect("admin:leads_lead_changelist")
        if not self.has_view_or_change_permission(request, lead):
            raise PermissionDenied
        user = cast(User, request.user)
        listed = self.leads_of_list(user, request.GET.get("_changelist_filters", ""))
        return lead_page.lead_page(cast(AuthenticatedHttpRequest, request), lead, listed)

    def leads_of_list(self, user: User, query_string: str) -> QuerySet[Lead]:
        """The leads on all pages of the list that `user` sees with this query string; none if it is not valid."""
        query = QueryDict(query_string, mutable=True)
        query.pop("p", None)
        request = HttpRequest()
        request.user = user
        request.GET = query  # type: ignore[assignment]  # the stubs know only the immutable one
        try:
            leads: QuerySet[Lead] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return Lead.objects.none()
        return leads

    # --- Actions on several leads

    @admin.action(description="Assign to me", permissions=["change"])
    def take(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        """Without `assign_lead`, a user can only take leads that have no owner."""
        now, user = timezone.now(), cast(User, request.user)
        leads = queryset if self.has_assign_permission(request) else queryset.filter(owner=None)
        owned = 0 if leads is queryset else queryset.exclude(owner=None).count()
        self.act_on_each(request, leads, "yours now", lambda lead: assign(lead, user, actor=user, at=now))
        if owned:
            self.message_user(request, f"{owned} left as they were: they have an owner.", messages.WARNING)

    @admin.action(description="Assign to the owner chosen here", permissions=["assign"])
    def assign_to(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        form = InboxActionForm(request.POST)
        form.is_valid()
        owner = form.cleaned_data.get("to")
        if owner is None:
            self.message_user(request, "Choose the owner beside the action.", messages.ERROR)
            return
        now, user = timezone.now(), cast(User, request.user)
        done = f"{display_name(owner)}'s now"
        self.act_on_each(request, queryset, done, lambda lead: assign(lead, owner, actor=user, at=now))

    @admin.action(description="Change to the status chosen here", permissions=["change"])
    def move(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        status = request.POST.get("status", "")
        if not status:
            self.message_user(request, "Choose the status beside the action.", messages.ERROR)
            return
        self.move_each(request, queryset, Status(status), request.POST.get("reason", ""))

    @admin.action(description="Mark as spam: hold back from sales", permissions=["change"])
    def spam(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        self.move_each(request, queryset, Status.SPAM)

    def move_each(self, request: HttpRequest, leads: QuerySet[Lead], status: Status, reason: str = "") -> None:
        now, user = timezone.now(), cast(User, request.user)
        done = "spam now" if status == Status.SPAM else f"{status.label} now"
        self.act_on_each(
            request, leads, done, lambda lead: change_status(lead, status, actor=user, at=now, reason=reason)
        )

    def act_on_each(self, request: HttpRequest, leads: QuerySet[Lead], done: str, act: Callable[[Lead], None]) -> None:
        """Call `act` for each lead; report how many succeeded, and why others were refused."""
        count = 0
        refusals: list[str] = []
        for lead in leads:
            try:
                act(lead)
            except WrongMoveError as error:
                refusals.append(str(error))
            else:
                count += 1
        if count:
            self.message_user(request, f"{count} {'lead is' if count == 1 else 'leads are'} {done}.")
        for sentence in refusals[:REFUSALS_SHOWN]:
            self.message_user(request, sentence, messages.ERROR)

    @admin.action(description="Export as CSV", permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseBase:
        return export(queryset, "csv", actor=cast(User, request.user), filters="selected by hand")

    @admin.action(description="Export as XLSX", permissions=["export"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseBase:
        return export(queryset, "xlsx", actor=cast(User, request.user), filters="selected by hand")

    def export_view(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """The leads on all pages of the list with the posted `filters`."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if file_format not in FORMATS or request.method != "POST":
            return redirect("admin:leads_lead_changelist")
        user = cast(User, request.user)
        filters = request.POST.get("filters", "").replace("\0", "")  # PostgreSQL cannot store it
        return export(self.leads_of_list(user, filters), file_format, actor=user, filters=filters or "inbox")
