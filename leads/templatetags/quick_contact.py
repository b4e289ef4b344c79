from typing import Any

from django import template
from django.utils import timezone

from leads.capture.forms import QuickContactForm

register = template.Library()


@register.inclusion_tag("leads/_quick_contact.html")
def quick_contact(path: str) -> dict[str, Any]:
    """The empty Quick Contact form, for the page at `path`."""
    return {"form": QuickContactForm(now=timezone.now(), page=path)}
