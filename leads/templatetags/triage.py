from typing import Any

from django import template
from django.contrib.auth.models import User
from django.utils import timezone

from leads.triage.dashboard import dashboard

register = template.Library()


@register.inclusion_tag("admin/leads/_dashboard.html")
def sales_dashboard(user: User) -> dict[str, Any]:
    """The dashboard with the numbers that the user may see."""
    return dashboard(user, timezone.now())
