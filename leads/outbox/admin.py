"""The outbox in the admin: deliveries, webhook endpoints, settings."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from company.admin_mixins import ReadOnlyMixin, SingleRowAdmin
from leads.outbox.models import Delivery, Endpoint, OutboxSettings, make_secret
from leads.outbox.queue import requeue


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyMixin, admin.ModelAdmin[Delivery]):
    list_display = ["queued_at", "state", "purpose", "recipient", "last_error", "subject"]
    list_filter = ["state", "purpose"]
    list_per_page = 50
    search_fields = ["recipient", "subject"]
    search_help_text = "Recipient, or words of the subject, such as the reference code"
    actions = ["retry"]
    fields = [
        "purpose", "channel", "recipient", "reply_to", "subject", "body", "state", "attempts", "queued_at",
        "first_attempt_at", "next_attempt_at", "sent_at", "last_error", "response", "about", "key",
    ]  # fmt: skip
    readonly_fields = ["key"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outbox.change_delivery")

    @admin.action(description="Try those that were given up again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        dead = Delivery.objects.filter(pk__in=queryset.values("pk"), state=Delivery.State.DEAD)
        self.message_user(request, f"{requeue(dead)} will be tried again.")


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin[Endpoint]):
    list_display = ["url", "is_active", "switched_off"]
    fields = ["url", "secret", "is_active", "switched_off"]
    readonly_fields = ["switched_off"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        return {"secret": make_secret(), **super().get_changeform_initial_data(request)}


@admin.register(OutboxSettings)
class OutboxSettingsAdmin(SingleRowAdmin[OutboxSettings]):
    pass
