"""Small middleware classes. Page cache, health checks, metrics and log-in rate limit have modules of their own."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from outsourcing_site.databases.limits import VISITOR_SECONDS, database_within

GetResponse = Callable[[HttpRequest], HttpResponse]

STAFF_PREFIX = "/admin/"


class TimeLimitMiddleware:
    """Limits the database time of a request outside the admin to VISITOR_SECONDS in all."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(STAFF_PREFIX):
            return self.get_response(request)
        with database_within(VISITOR_SECONDS):
            return self.get_response(request)


class CookiesForStaffMiddleware:
    """
    Removes the Cookie header from requests outside the admin, before any other code reads it.

    Otherwise Django would answer a stale or forged cookie with Set-Cookie and `Vary: Cookie`, and a public page would
    depend on its visitor.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(STAFF_PREFIX):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """Adds the security headers that Django has no setting for, unless the response has its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.headers = {
            "Cross-Origin-Resource-Policy": "same-origin",  # no other site may embed our resources
            "Permissions-Policy": ", ".join(f"{feature}=()" for feature in settings.UNUSED_FEATURES),
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response


class ContentPolicyMiddleware(CSPMiddleware):
    """
    django-csp's middleware, needed until Django 6. It skips responses that have a policy already, as all public pages
    have.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if HEADER in response else super().process_response(request, response)
