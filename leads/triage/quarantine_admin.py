"""What screening held back, and the rules it goes by."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from company.admin_mixins import SingleRowAdmin
from leads.models import Quarantine, ScreeningRules
from leads.triage.columns import first_line, phone_link
from leads.triage.quarantine import release


class HeldFilter(admin.SimpleListFilter):
    """What waits for a decision, unless everything is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("released", "Released"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        waiting, *others = super().choices(changelist)
        return [{**waiting, "display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> QuerySet[Quarantine]:
        if self.value() == "all":
            return queryset
        return queryset.filter(released_at__isnull=self.value() != "released")


@admin.register(Quarantine)
class QuarantineAdmin(admin.ModelAdmin):
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Quarantine | None = None) -> bool:
        return False

    @admin.action(description="Release: sales gets these enquiries", permissions=["change"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        now = timezone.now()
        count = sum(release(each, actor=request.user, at=now) for each in queryset.order_by("since", "id"))
        self.message_user(request, f"{count} released." if count != 1 else "One enquiry released.")

    def save_model(self, request: HttpRequest, obj: Quarantine, form: Any, change: bool) -> None:
        """The page's one button."""
        if not release(obj, actor=request.user, at=timezone.now()):
            self.message_user(request, "Somebody released it before.", messages.WARNING)

    def response_change(self, request: HttpRequest, obj: Quarantine) -> HttpResponse:
        """Lead on to the lead that the enquiry belongs to now."""
        obj.submission.refresh_from_db()
        return redirect("admin:leads_lead_change", obj.submission.lead_id)

    @admin.display(description="name", ordering="submission__last_name")
    def name(self, row: Quarantine) -> str:
        return row.submission.full_name

    @admin.display(description="wants")
    def wants(self, row: Quarantine) -> str:
        return first_line(row.submission.space_requirements)

    @admin.display(description="space requirements")
    def space_requirements(self, row: Quarantine) -> str:
        return row.submission.space_requirements

    @admin.display(description="held because")
    def why(self, row: Quarantine) -> str:
        return " ".join(row.reasons)

    @admin.display(description="phone")
    def phone(self, row: Quarantine) -> str:
        return phone_link(row.submission)

    @admin.display(description="e-mail")
    def email(self, row: Quarantine) -> str:
        return row.submission.email

    @admin.display(description="page")
    def page(self, row: Quarantine) -> str:
        return row.submission.page


@admin.register(ScreeningRules)
class ScreeningRulesAdmin(SingleRowAdmin):
    pass
