"""Admin classes that several apps share."""

from typing import TypeVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from company.single_row import SingleRow

Row = TypeVar("Row", bound=SingleRow)


class NoAddOrDeleteMixin:
    """Rows that no user can add or delete in the admin, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyMixin(NoAddOrDeleteMixin):
    """Rows that no user can add, change or delete in the admin, superusers included."""

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class SingleRowAdmin(admin.ModelAdmin[Row]):
    """Admin of a model with a single row: its form replaces the list."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model._default_manager.exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        row = self.model._default_manager.first()
        if row is not None and self.has_view_or_change_permission(request):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)
        if row is None and self.has_add_permission(request):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
        return super().changelist_view(request, extra_context)
