from typing import Any

from django import forms
from django.contrib import admin

from articles.models import Article
from articles.rich_text import RichTextWidget


class ArticleForm(forms.ModelForm[Article]):
    class Meta:
        model = Article
        exclude: tuple[str, ...] = ()
        widgets = {"body": RichTextWidget(), "summary": forms.Textarea(attrs={"rows": 3, "cols": 100})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("illustration") and not cleaned.get("illustration_alt"):
            self.add_error("illustration_alt", "Say what the picture shows, for those who do not see it.")
        return cleaned


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    form = ArticleForm
    list_display = ["title", "status", "published_at", "updated_at"]
    list_filter = ["status"]
    search_fields = ["title", "summary", "body"]
    prepopulated_fields = {"slug": ["title"]}
    date_hierarchy = "published_at"
    save_on_top = True
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "body"]}),
        ("Publication", {"fields": ["status", "published_at"]}),
        ("Illustration", {"fields": ["illustration", "illustration_alt", "illustration_credit"]}),
        ("Search engines", {"fields": ["seo_title", "seo_description"]}),
    ]
