"""Addresses of the admin's pages, for links in pages, mails and exports."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse


def inbox_path(query: Mapping[str, object] | None = None) -> str:
    """The inbox with these parameters."""
    return reverse("admin:leads_lead_changelist") + (f"?{urlencode(query)}" if query else "")


def inbox_url(query: Mapping[str, object] | None = None) -> str:
    """As inbox_path(), with scheme and host."""
    return settings.SITE_URL + inbox_path(query)


def lead_url(lead_id: int | None) -> str:
    """The page of a lead, with scheme and host."""
    return settings.SITE_URL + reverse("admin:leads_lead_change", args=[lead_id])
