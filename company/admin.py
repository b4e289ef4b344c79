from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from company.models import Company, PhoneLine, SocialProfile


class ReadOnlyMixin:
    """Rows that nobody adds, changes or deletes, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class SingleRowAdmin(admin.ModelAdmin):
    """Its form stands where a list of one would."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model._default_manager.exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        row = self.model._default_manager.first()
        if row is not None and self.has_view_or_change_permission(request):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)
        if row is None and self.has_add_permission(request):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
        return super().changelist_view(request, extra_context)


class PhoneLineInline(admin.TabularInline):
    model = PhoneLine
    extra = 0


class SocialProfileInline(admin.TabularInline):
    model = SocialProfile
    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Company)
class CompanyAdmin(SingleRowAdmin):
    inlines = [PhoneLineInline, SocialProfileInline]

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """A changed phone line is a change of the company: its pages are new."""
        super().save_related(request, form, formsets, change)
        form.instance.save(update_fields=["updated_at"])
