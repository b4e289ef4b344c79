"""Texts that sales often sends."""

from django.core.exceptions import ValidationError
from django.db import models


class ReplyTemplate(models.Model):
    """A text that sales often sends. {first_name}, {last_name}, {reference}, {company} and {me} are filled in."""

    name = models.CharField(max_length=80, unique=True)
    subject = models.CharField(max_length=200, default="Your enquiry {reference}")
    text = models.TextField(
        help_text="{first_name}, {last_name}, {reference}, {company}, {me} are filled in; the enquiry is quoted below."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        blanks = {"first_name": "", "last_name": "", "reference": "", "company": "", "me": ""}
        for field in ("subject", "text"):
            try:
                getattr(self, field).format(**blanks)
            except (KeyError, IndexError, ValueError, AttributeError):
                raise ValidationError(
                    {field: "Braces hold one of the names below, or are written twice: {{ }}."}
                ) from None
