"""Settings of sales, reply templates, and the record of exports."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from company.admin_mixins import ReadOnlyMixin, SingleRowAdmin
from leads.models import WEEKDAYS, Export, Holiday, ReplyTemplate, SalesSettings
from leads.staff import display_name, members


class SalesSettingsForm(forms.ModelForm[SalesSettings]):
    days = forms.MultipleChoiceField(
        label="Working days",
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = SalesSettings
        fields = [
            "opens", "closes", "days", "public_holidays", "response_minutes", "remind_minutes", "daily_digest",
            "assignment", "away",
        ]  # fmt: skip
        widgets = {"away": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["days"] = list(self.instance.days)
        self.fields["away"].queryset = members()  # type: ignore[attr-defined]
        self.fields["away"].label_from_instance = display_name  # type: ignore[attr-defined]

    def clean_days(self) -> str:
        return "".join(sorted(self.cleaned_data["days"]))


@admin.register(SalesSettings)
class SalesSettingsAdmin(SingleRowAdmin[SalesSettings]):
    form = SalesSettingsForm

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin[Holiday]):
    list_display = ["day", "name", "is_working_day"]
    list_filter = ["is_working_day"]


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(admin.ModelAdmin[ReplyTemplate]):
    list_display = ["name", "subject"]


@admin.register(Export)
class ExportAdmin(ReadOnlyMixin, admin.ModelAdmin[Export]):
    list_display = ["at", "actor", "file_format", "filters", "rows_written", "rows_expected", "is_complete"]
    list_select_related = ["actor"]
    list_per_page = 50

    @admin.display(description="complete", boolean=True)
    def is_complete(self, record: Export) -> bool:
        return record.finished_at is not None and record.rows_written == record.rows_expected
