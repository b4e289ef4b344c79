"""What is to be sent and to whom; what could not be."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from leads.outbox.models import Delivery, Endpoint, OutboxSettings
from leads.outbox.queue import requeue
from leads.triage.admin import ReadOnlyMixin


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ["queued_at", "state", "kind", "recipient", "last_error", "submission"]
    list_filter = ["state", "kind"]
    list_select_related = ["submission"]
    list_per_page = 50
    search_fields = ["recipient", "submission__reference"]
    search_help_text = "Recipient or reference code"
    actions = ["retry"]
    fields = [
        "kind", "recipient", "submission", "subject", "body", "state", "attempts", "queued_at", "next_attempt_at",
        "sent_at", "last_error",
        "response", "key",
    ]  # fmt: skip
    readonly_fields = ["key"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outbox.change_delivery")

    @admin.action(description="Try those that were given up again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        dead = Delivery.objects.filter(pk__in=queryset.values("pk"), state=Delivery.State.DEAD)
        self.message_user(request, f"{requeue(dead)} will be tried again.")


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):
    list_display = ["url", "is_active", "switched_off"]
    fields = ["url", "secret", "is_active", "switched_off"]
    readonly_fields = ["switched_off"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(OutboxSettings)
class OutboxSettingsAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not OutboxSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: OutboxSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """One row: its form stands where a list of one would."""
        row = OutboxSettings.objects.first()
        if row is not None and self.has_view_or_change_permission(request):
            return redirect("admin:outbox_outboxsettings_change", row.pk)
        return super().changelist_view(request, extra_context)
