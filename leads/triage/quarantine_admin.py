"""The quarantine, and the screening rules."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from company.admin_mixins import NoAddOrDeleteMixin, SingleRowAdmin
from leads.actions.quarantine import release
from leads.models import Quarantine, ScreeningRules
from leads.models.quarantine import IS_WAITING
from leads.triage.formatting import first_line, phone_link


class HeldFilter(admin.SimpleListFilter):
    """Those that wait for a decision, by default."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Quarantine]) -> list[tuple[str, str]]:
        return [("released", "Released"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        waiting, *others = super().choices(changelist)
        return [{**waiting, "display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> QuerySet[Quarantine]:
        if self.value() == "all":
            return queryset
        return queryset.exclude(IS_WAITING) if self.value() == "released" else queryset.filter(IS_WAITING)


@admin.register(Quarantine)
class QuarantineAdmin(NoAddOrDeleteMixin, admin.ModelAdmin[Quarantine]):
    list_display = ["name", "wants", "why", "since", "released_at"]
    list_filter = [HeldFilter]
    list_select_related = ["submission", "released_by"]
    list_per_page = 50
    actions = ["release_selected"]
    readonly_fields = [
        "why", "since", "name", "phone", "email", "space_requirements", "page", "released_at", "released_by",
    ]  # fmt: skip
    fields = (*readonly_fields,)
    change_form_template = "admin/leads/quarantine/change_form.html"

    @admin.action(description="Release: sales gets these enquiries", permissions=["change"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        now, user = timezone.now(), cast(User, request.user)
        count = sum(release(held, actor=user, at=now) for held in queryset.order_by("since", "id"))
        self.message_user(request, f"{count} released." if count != 1 else "One enquiry released.")

    def save_model(self, request: HttpRequest, obj: Quarantine, form: Any, change: bool) -> None:
        """The page has one button, which releases the enquiry."""
        if not release(obj, actor=cast(User, request.user), at=timezone.now()):
            self.message_user(request, "Somebody released it before.", messages.WARNING)

    def response_change(self, request: HttpRequest, obj: Quarantine) -> HttpResponse:
        """Redirect to the lead of the enquiry."""
        obj.submission.refresh_from_db()
        return redirect("admin:leads_lead_change", obj.submission.lead_id)

    @admin.display(description="name", ordering="submission__last_name")
    def name(self, held: Quarantine) -> str:
        return held.submission.full_name

    @admin.display(description="wants")
    def wants(self, held: Quarantine) -> str:
        return first_line(held.submission.space_requirements)

    @admin.display(description="space requirements")
    def space_requirements(self, held: Quarantine) -> str:
        return held.submission.space_requirements

    @admin.display(description="held because")
    def why(self, held: Quarantine) -> str:
        return " ".join(held.reasons)

    @admin.display(description="phone")
    def phone(self, held: Quarantine) -> str:
        return phone_link(held.submission)

    @admin.display(description="e-mail")
    def email(self, held: Quarantine) -> str:
        return held.submission.email

    @admin.display(description="page")
    def page(self, held: Quarantine) -> str:
        return held.submission.page


@admin.register(ScreeningRules)
class ScreeningRulesAdmin(SingleRowAdmin[ScreeningRules]):
    pass
