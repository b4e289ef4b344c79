from typing import Any

from django import template
from django.utils import timezone

from leads.triage.dashboard import dashboard

register = template.Library()


@register.inclusion_tag("admin/leads/_dashboard.html")
def sales_dashboard(user: Any) -> dict[str, Any]:
    """The numbers that the user may see, as charts with a table behind each."""
    return dashboard(user, timezone.now())
