"""
Django's admin and form classes, subscriptable as django-stubs declares them.

To mypy `ModelAdmin[Article]` is the admin of articles; at run time it is `ModelAdmin`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
    from django.forms import ModelForm
else:
    from django import forms
    from django.contrib import admin

    class Subscriptable:
        def __class_getitem__(cls, parameters):
            return cls

    class ModelAdmin(Subscriptable, admin.ModelAdmin):
        pass

    class StackedInline(Subscriptable, admin.StackedInline):
        pass

    class TabularInline(Subscriptable, admin.TabularInline):
        pass

    class ModelForm(Subscriptable, forms.ModelForm):
        pass


__all__ = ["ModelAdmin", "ModelForm", "StackedInline", "TabularInline"]
