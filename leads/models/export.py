"""The record of exports."""

from django.conf import settings
from django.db import models


class Export(models.Model):
    """Audit record of an export: who, when, which leads, and whether the file is complete."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    file_format = models.CharField(max_length=4)
    filters = models.TextField(blank=True, help_text="Query string of the list.")
    rows_expected = models.PositiveIntegerField(null=True)
    rows_written = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.file_format} of {self.rows_expected} rows"
