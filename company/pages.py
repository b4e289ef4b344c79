"""How a public page is drawn: with the company's details, and without the request."""

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import http_date

from company.models import Company, PhoneLine
from company.structured_data import as_script, breadcrumbs, organization

# A change shows within a minute: 5 s in a worker's memory, 20 s and 10 s more in a proxy, 10 s and 10 s more in a
# browser. With the site down, what was held is shown for a day; the form's question is valid for two.
CACHE_CONTROL = "public, max-age=10, s-maxage=20, stale-while-revalidate=10, stale-if-error=86400"

read_last: dict[str, Any] | None = None  # see details()


def render_page(template: str, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    """
    Draw a page for one visitor, kept by no cache: the answer to a post, an error. Needs no database.

    The template gets no request, hence no user, session, message or CSRF token.
    """
    try:
        shown = details()
    except DatabaseError:
        shown = last_details()
    html = render_to_string(template, {**shown, **(context or {})})
    return HttpResponse(html, status=status, headers={"Cache-Control": "no-store", **page_headers()})


def publish_page(
    template: str,
    context: dict[str, Any] | None = None,
    *,
    path: str,
    changed_at: datetime | None = None,
    trail: list[tuple[str, str]] | None = None,
    structured_data: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    """
    Draw the page at `path` for everybody: a pure function of published content, so that any cache may hold it.

    With the database away and nothing read before, it is a page as render_page() draws it, which no cache holds.

    `changed_at` is when the content last changed, the company's details apart. `trail` leads from home to the page:
    titles and paths. `structured_data` says more of the page in schema.org's terms.
    """
    try:
        shown = details()
    except DatabaseError:  # this process never read any: a page for one visitor is better than none
        return render_page(template, context)
    company = shown["company"]
    data = [organization(company, shown["phone_lines"], shown["social_profiles"])]
    if trail:
        data.append(breadcrumbs(company, trail))
    html = render_to_string(
        template,
        {
            **shown,
            **(context or {}),
            "path": path,
            "canonical": settings.SITE_URL + path,
            "structured_data": as_script(data + (structured_data or [])),
        },
    )
    return publish(
        html,
        changed_at=latest(changed_at, company.updated_at),
        headers=page_headers(),
    )


def publish(
    content: str,
    *,
    changed_at: datetime,
    content_type: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A response that any cache may hold, with a strong ETag of its bytes."""
    body = content.encode()
    return HttpResponse(
        body,
        content_type=content_type,
        headers={
            "Cache-Control": CACHE_CONTROL,
            "ETag": f'"{sha256(body).hexdigest()[:32]}"',
            "Last-Modified": http_date(changed_at.timestamp()),
            **(headers or {}),
        },
    )


def latest(*moments: datetime | None) -> datetime:
    """
    The latest of the moments and of the last midnight in UTC: a page is never said to be older.

    Its form's question is content too. A cache that asks with If-Modified-Since alone, without the ETag, would
    otherwise keep an old one for ever.
    """
    return max(filter(None, [*moments, midnight()]))


def midnight() -> datetime:
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@cache
def page_headers() -> dict[str, str]:
    """Our pages hold themselves to more than the admin can: no script may make markup of text."""
    policy = {**settings.SECURE_CSP, "require-trusted-types-for": ["'script'"], "trusted-types": ["'none'"]}
    return {"Content-Security-Policy": "; ".join(f"{name} {' '.join(values)}" for name, values in policy.items())}


def details() -> dict[str, Any]:
    """
    What every page says of the company.

    With the database away it is what this process read last; raises DatabaseError if it never read any.
    """
    global read_last
    try:
        company = Company.objects.first() or Company()
        read_last = details_of(company)
    except DatabaseError:
        if read_last is None:
            raise
    return read_last


def last_details() -> dict[str, Any]:
    """What this process read last, without asking the database: it may be what failed."""
    return read_last or details_of(Company())


def phone_lines_read_last() -> list[PhoneLine]:
    """The company's lines without asking the database, unless this process never read them; none if it is away."""
    try:
        lines: list[PhoneLine] = (read_last or details())["phone_lines"]
    except DatabaseError:
        return []
    return lines


def details_of(company: Company) -> dict[str, Any]:
    return {
        "company": company,
        "phone_lines": list(company.phone_lines.all()) if company.pk else [],
        "social_profiles": list(company.social_profiles.exclude(url="")) if company.pk else [],
        "site_url": settings.SITE_URL,
    }
