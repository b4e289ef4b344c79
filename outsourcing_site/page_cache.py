"""
Published pages, held in memory and compressed by each worker.

Promise 2 makes it this short: a published page depends on nothing of the request but its address and on which codings
the client takes. Nothing in it is secret, so that compressing it gives nothing away (BREACH).
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date

from leads.capture.challenge import WINDOW_SECONDS
from outsourcing_site.compression import IDENTITY, compress, preferred_codings
from outsourcing_site.databases.limits import breaker

HOLD_SECONDS = 5
STALE_SECONDS = 24 * 3600  # stale-if-error; a form's question is valid for two days
PAGES_MAX = 500


def database_is_away() -> bool:
    """Whether asking the database is known to be in vain: an expired page is then answered without trying."""
    return breaker.is_open()


@dataclass(frozen=True)
class Representation:
    """A finished answer in one content coding. Its headers are shared by all answers: nothing may change them."""

    body: bytes
    headers: ResponseHeaders
    etag: str


@dataclass(frozen=True)
class HeldPage:
    """
    A page in each content coding. Times are in seconds since the epoch.

    `etag` is the one that the page was published with.
    """

    representations: dict[str, Representation]
    etag: str
    last_modified: int
    fresh_until: float
    stale_until: float

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page, or 304, in the coding that the client prefers."""
        codings = preferred_codings(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        chosen = self.representations[next(coding for coding in codings if coding in self.representations)]
        response = HttpResponse(chosen.body, content_type="")
        response.headers = chosen.headers
        return get_conditional_response(request, chosen.etag, self.last_modified, response) or response


class PageCacheMiddleware:
    """
    Answers for published pages from memory, and conditional requests for them with 304.

    A page that cannot be drawn just now is answered as it was last held, for STALE_SECONDS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.pages: dict[tuple[str | None, str, str], HeldPage] = {}
        self.lock = Lock()  # of writers

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        try:
            key = (request.scheme, request.get_host(), request.path_info)
        except DisallowedHost:
            return self.get_response(request)
        now = timezone.now().timestamp()
        page = self.pages.get(key)
        if page is not None and page.stale_until <= now:
            page = None
        if page is not None and (now < page.fresh_until or database_is_away()):
            return page.answer(request)
        response = self.get_response(request)
        if response.status_code >= 500:  # an exception too: Django made this answer of it
            return response if page is None else page.answer(request)
        renewed = hold(response, now, page) if is_published(response) else None
        self.put(key, renewed)
        return response if renewed is None else renewed.answer(request)

    def put(self, key: tuple[str | None, str, str], page: HeldPage | None) -> None:
        """Hold the page in place of the former one; None where there is none any more."""
        with self.lock:
            self.pages.pop(key, None)
            if page is not None:
                if len(self.pages) >= PAGES_MAX:
                    del self.pages[next(iter(self.pages))]  # the one that was drawn longest ago
                self.pages[key] = page


def is_published(response: HttpResponse) -> bool:
    """Whether company.pages.publish() made the response."""
    return response.status_code == 200 and "ETag" in response and not response.streaming and not response.cookies


def hold(response: HttpResponse, now: float, former: HeldPage | None) -> HeldPage:
    """The response, fresh until it is HOLD_SECONDS old or its form's question changes."""
    etag = response["ETag"]
    if former is not None and former.etag == etag:
        bodies = {coding: each.body for coding, each in former.representations.items()}
    else:
        bodies = compress(response.content)
    window_ends = (now // WINDOW_SECONDS + 1) * WINDOW_SECONDS
    return HeldPage(
        representations={coding: represent(response, coding, body) for coding, body in bodies.items()},
        etag=etag,
        last_modified=parse_http_date(response["Last-Modified"]),
        fresh_until=min(now + HOLD_SECONDS, window_ends),
        stale_until=now + STALE_SECONDS,
    )


def represent(response: HttpResponse, coding: str, body: bytes) -> Representation:
    """The response in a coding, under a strong ETag of its own: other bytes."""
    coded = HttpResponse(headers=dict(response.items()))
    patch_vary_headers(coded, ["Accept-Encoding"])
    if coding != IDENTITY:
        coded["Content-Encoding"] = coding
        coded["ETag"] = f'{response["ETag"][:-1]}-{coding}"'
    coded["Content-Length"] = str(len(body))
    return Representation(body, coded.headers, coded["ETag"])
