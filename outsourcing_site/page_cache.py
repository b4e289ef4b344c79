"""
Published pages, held in memory for a few seconds by each worker.

Promise 2 makes it this short: a published page depends on nothing of the request but its address, so there is
nothing to vary by and nothing to leak.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import parse_http_date

from leads.capture.challenge import WINDOW_SECONDS

HOLD_SECONDS = 5
PAGES_MAX = 500


@dataclass(frozen=True)
class HeldPage:
    """A finished answer. `until` is in seconds since the epoch."""

    body: bytes
    headers: ResponseHeaders
    etag: str
    last_modified: int
    until: float


class PageCacheMiddleware:
    """Answers for published pages from memory, and conditional requests for them with 304."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.pages: dict[tuple[str | None, str, str], HeldPage] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        try:
            key = (request.scheme, request.get_host(), request.path_info)
        except DisallowedHost:
            return self.get_response(request)
        now = timezone.now().timestamp()
        page = self.pages.get(key)
        if page is None or page.until <= now:
            response = self.get_response(request)
            if not is_published(response):
                return response
            page = hold(response, now)
            if len(self.pages) >= PAGES_MAX:
                self.pages.clear()
            self.pages[key] = page
        answer = HttpResponse(page.body, content_type="")
        answer.headers = page.headers  # shared by all answers: nothing above this changes them
        return get_conditional_response(request, page.etag, page.last_modified, answer) or answer


def is_published(response: HttpResponse) -> bool:
    """Whether company.pages.publish() made the response."""
    return response.status_code == 200 and "ETag" in response and not response.streaming and not response.cookies


def hold(response: HttpResponse, now: float) -> HeldPage:
    """The response, to be held until it is HOLD_SECONDS old or its form's question changes."""
    window_ends = (now // WINDOW_SECONDS + 1) * WINDOW_SECONDS
    return HeldPage(
        body=response.content,
        headers=response.headers,
        etag=response["ETag"],
        last_modified=parse_http_date(response["Last-Modified"]),
        until=min(now + HOLD_SECONDS, window_ends),
    )
