"""Structured data for search engines: schema.org objects as JSON-LD."""

import json
from collections.abc import Sequence

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from company.models import Company, PhoneLine, SocialProfile

JsonObject = dict[str, object]

ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def as_script(data: list[JsonObject]) -> SafeString:
    """The objects as one graph, escaped for <script type="application/ld+json">."""
    graph = {"@context": "https://schema.org", "@graph": data}
    return mark_safe(json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES))  # noqa: S308


def organization_id() -> str:
    return f"{settings.SITE_URL}/#organization"


def organization(
    company: Company, phone_lines: Sequence[PhoneLine], social_profiles: Sequence[SocialProfile]
) -> JsonObject:
    data: JsonObject = {
        "@type": "Organization",
        "@id": organization_id(),
        "name": company.name,
        "url": f"{settings.SITE_URL}/",
        "logo": settings.SITE_URL + static("icon-512.png"),
    }
    if company.tagline:
        data["description"] = company.tagline
    if phone_lines:
        data["contactPoint"] = [
            {"@type": "ContactPoint", "contactType": "sales", "name": line.label, "telephone": line.dialled}
            for line in phone_lines
        ]
    if social_profiles:
        data["sameAs"] = [profile.url for profile in social_profiles]
    return data


def breadcrumbs(company: Company, trail: list[tuple[str, str]]) -> JsonObject:
    """`trail` holds titles and paths, from the page below home to the page itself."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": title, "item": settings.SITE_URL + path}
            for position, (title, path) in enumerate([(company.name, "/"), *trail], start=1)
        ],
    }
