"""How a public page is drawn: with the company's details, and without the request."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from company.models import Company


def render_page(template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """
    Draw a public page.

    The template gets no request, hence no user, session, message or CSRF token: whatever it shows is the
    same for every visitor, so that any cache may hold the page.
    """
    company = Company.objects.first() or Company()
    return HttpResponse(render_to_string(template, {**details(company), **(context or {})}), status=status)


def details(company: Company) -> dict[str, Any]:
    """What the frame of every page shows. `company` may be unsaved: it then has neither lines nor profiles."""
    return {
        "company": company,
        "phone_lines": list(company.phone_lines.all()) if company.pk else [],
        "social_profiles": list(company.social_profiles.exclude(url="")) if company.pk else [],
    }
