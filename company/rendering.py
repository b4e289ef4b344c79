"""Rendering of public pages: with the company's details, and without the request."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TypedDict

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpResponse
from django.template.loader import render_to_string

from company.http_caching import latest, publish, window_end
from company.models import Company, PhoneLine, SocialProfile
from company.structured_data import JsonObject, as_script, breadcrumbs, organization


class CompanyDetails(TypedDict):
    """The part of the context that all public templates share."""

    company: Company
    phone_lines: list[PhoneLine]
    social_profiles: list[SocialProfile]
    site_url: str


read_last: CompanyDetails | None = None  # by this process; see details()


def render_page(
    template: str, context: Mapping[str, object] | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """
    Render a page for one visitor, such as the answer to a post or an error page. No cache stores it.

    Works without a database. The template gets no request, hence no user, session, message or CSRF token.
    """
    try:
        shared = details()
    except DatabaseError:
        shared = last_details()
    html = render_to_string(template, {**shared, **(context or {})})
    return HttpResponse(html, status=status, headers={"Cache-Control": "no-store", **page_headers()})


def publish_page(
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    path: str,
    changed_at: datetime | None = None,
    trail: list[tuple[str, str]] | None = None,
    structured_data: list[JsonObject] | None = None,
) -> HttpResponse:
    """
    Render the page at `path` for everybody: a pure function of published content, which any cache may store.

    If the database is unavailable and this process has read no details yet, the response is that of render_page().

    `changed_at` is when the content last changed, without the company's details. `trail` holds the titles and paths
    from the page below home to the page itself. `structured_data` holds further schema.org objects about the page.
    """
    expires_at = window_end()  # read before rendering: if a new window begins meanwhile, the page expires too early
    try:
        shared = details()
    except DatabaseError:
        return render_page(template, context)
    company = shared["company"]
    graph = [organization(company, shared["phone_lines"], shared["social_profiles"])]
    if trail:
        graph.append(breadcrumbs(company, trail))
    html = render_to_string(
        template,
        {
            **shared,
            **(context or {}),
            "path": path,
            "canonical": settings.SITE_URL + path,
            "structured_data": as_script(graph + (structured_data or [])),
        },
    )
    return publish(
        html, changed_at=latest(changed_at, company.updated_at), expires_at=expires_at, headers=page_headers()
    )


@cache
def page_headers() -> dict[str, str]:
    """Public pages have a stricter policy than the admin: no script may turn text into markup (Trusted Types)."""
    policy = {**settings.SECURE_CSP, "require-trusted-types-for": ["'script'"], "trusted-types": ["'none'"]}
    return {"Content-Security-Policy": "; ".join(f"{name} {' '.join(values)}" for name, values in policy.items())}


def details() -> CompanyDetails:
    """
    The company's details from the database.

    If the database is unavailable: what this process read last. Raises DatabaseError if it has read nothing yet.
    """
    global read_last
    try:
        company = Company.load()
        read_last = CompanyDetails(
            company=company,
            phone_lines=list(company.phone_lines.all()),
            social_profiles=list(company.social_profiles.exclude(url="")),
            site_url=settings.SITE_URL,
        )
    except DatabaseError:
        if read_last is None:
            raise
    return read_last


def last_details() -> CompanyDetails:
    """What this process read last, or the defaults. Sends no query: the database may be what failed."""
    return read_last or CompanyDetails(
        company=Company(), phone_lines=[], social_profiles=[], site_url=settings.SITE_URL
    )


def phone_lines_read_last() -> list[PhoneLine]:
    """
    The company's phone lines as this process read them last.

    Sends a query only if it has read none yet; then the list is empty if the database is unavailable.
    """
    try:
        return (read_last or details())["phone_lines"]
    except DatabaseError:
        return []
