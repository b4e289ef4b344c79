"""Views that belong to no app: the privacy page, files for browsers and robots, and error pages."""

import json
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from company.http_caching import latest, midnight, publish
from company.models import Company
from company.rendering import last_details, page_headers, publish_page, render_page

SECURITY_TXT_VALID_FOR = timedelta(days=180)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return publish_page("privacy.html", path=request.path, trail=[("Privacy", request.path)])


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return publish("\n".join(lines), changed_at=midnight(), content_type="text/plain; charset=utf-8")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contact for reports of vulnerabilities (RFC 9116)."""
    company = Company.load()
    contact = f"mailto:{company.email}" if company.email else settings.SITE_URL + reverse("contact")
    lines = [
        f"Contact: {contact}",
        f"Expires: {(midnight() + SECURITY_TXT_VALID_FOR).isoformat()}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
        "",
    ]
    content = "\n".join(lines)
    return publish(content, changed_at=latest(company.updated_at), content_type="text/plain; charset=utf-8")


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (https://www.w3.org/TR/appmanifest/)."""
    company = Company.load()
    data = {
        "name": company.name,
        "description": company.tagline,
        "start_url": reverse("home"),
        "display": "browser",
        "background_color": "#f8f6f1",
        "theme_color": "#083f4a",
        "icons": [
            {"src": static(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
        ],
    }
    content = json.dumps(data, ensure_ascii=False)
    changed_at = latest(company.updated_at)
    return publish(content, changed_at=changed_at, content_type="application/manifest+json; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The address that browsers try for documents that name no icon, such as the feed."""
    return HttpResponseRedirect(static("favicon.ico"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("400.html", status=HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("403.html", status=HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("404.html", status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Sends no query: the database may be what failed."""
    html = render_to_string("500.html", last_details())
    headers = {"Cache-Control": "no-store", **page_headers()}
    return HttpResponse(html, status=HTTPStatus.INTERNAL_SERVER_ERROR, headers=headers)
