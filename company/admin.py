from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from company.admin_mixins import SingleRowAdmin
from company.models import Company, PhoneLine, SocialProfile


class PhoneLineInline(admin.TabularInline[PhoneLine, Company]):
    model = PhoneLine
    extra = 0


class SocialProfileInline(admin.TabularInline[SocialProfile, Company]):
    model = SocialProfile
    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Company)
class CompanyAdmin(SingleRowAdmin[Company]):
    inlines = [PhoneLineInline, SocialProfileInline]

    def save_related(self, request: HttpRequest, form: ModelForm[Company], formsets: Any, change: bool) -> None:
        """A change of a phone line or profile changes the company too, so that its pages get a new Last-Modified."""
        super().save_related(request, form, formsets, change)
        form.instance.save(update_fields=["updated_at"])
