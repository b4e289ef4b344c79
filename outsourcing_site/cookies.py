"""
Cookies are for staff, under /admin/, and for nothing else.

On any other address Django's middleware would answer a stale or forged cookie with Set-Cookie and `Vary: Cookie`,
and a public page would depend on who asks for it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

STAFF_PREFIX = "/admin/"


class CookiesForStaffMiddleware:
    """Takes the Cookie header away from requests for public pages, before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(STAFF_PREFIX):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)
