from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from company.models import Company, PhoneLine, SocialProfile


class PhoneLineInline(admin.TabularInline):
    model = PhoneLine
    extra = 0


class SocialProfileInline(admin.TabularInline):
    model = SocialProfile
    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):
    inlines = [PhoneLineInline, SocialProfileInline]

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """A changed phone line is a change of the company: its pages are new."""
        super().save_related(request, form, formsets, change)
        form.instance.save(update_fields=["updated_at"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Company.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Company | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """There is one company: its form stands where a list of one would."""
        company = Company.objects.first()
        if company and self.has_view_or_change_permission(request):
            return redirect("admin:company_company_change", company.pk)
        return super().changelist_view(request, extra_context)
