"""Headers that keep other sites apart from ours: Content-Security-Policy until Django 6 sends it, and fixed ones."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, which builds the header twice even for an answer that has its own, as all public pages do."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if HEADER in response else super().process_response(request, response)


class IsolationMiddleware:
    """
    The headers of an answer that are always the same, unless it has its own.

    One layer, as each costs a visitor's post about as much as the look at the rate limit does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {
            "Cross-Origin-Resource-Policy": "same-origin",  # other sites may not embed anything of ours
            "Permissions-Policy": ", ".join(f"{feature}=()" for feature in settings.UNUSED_FEATURES),
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response
