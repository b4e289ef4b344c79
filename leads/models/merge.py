"""Leads that were merged."""

from django.conf import settings
from django.db import models

from leads.models.lead import Lead


class Merge(models.Model):
    """One lead merged into another, with the data to undo it: leads/actions/merge.py."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges", help_text="The merged one.")
    into = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="absorbed")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submissions = models.JSONField(help_text="Ids of the rows that moved.")
    identities = models.JSONField(help_text="Ids of the rows that moved.")
    lead_before = models.JSONField()
    into_before = models.JSONField()
    into_after = models.JSONField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=models.Q(undone_at=None), name="merge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead} into {self.into}"
