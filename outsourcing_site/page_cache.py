"""
Page cache: published pages, compressed, in the memory of each worker.

A published page depends on nothing in the request but scheme, host and path, which are the key; the query is ignored. A
page is held once for each content coding. It contains no secret, so that compression reveals none (BREACH).
"""

from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TypeGuard

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date

from company.http_caching import PublishedResponse
from outsourcing_site.compression import IDENTITY, compress, preferred_codings
from outsourcing_site.databases.limits import breaker
from outsourcing_site.middleware import GetResponse

HOLD_SECONDS = 5
STALE_SECONDS = 24 * 3600  # as stale-if-error in CACHE_CONTROL
PAGES_MAX = 500


def database_is_away() -> bool:
    """Whether the circuit breaker is open. Expired pages are then answered without a query."""
    return breaker.is_open()


@dataclass(frozen=True)
class Representation:
    """A complete response in one content coding. All responses share the headers: nothing may change them."""

    body: bytes
    headers: ResponseHeaders
    etag: str


@dataclass(frozen=True)
class HeldPage:
    """
    A page in each content coding. Times are in seconds since the epoch; `etag` is that of the published response.
    """

    representations: dict[str, Representation]
    etag: str
    last_modified: int
    fresh_until: float
    stale_until: float

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page in the coding that the client prefers, or 304."""
        codings = preferred_codings(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        chosen = self.representations[next(coding for coding in codings if coding in self.representations)]
        response = HttpResponse(chosen.body, content_type="")
        response.headers = chosen.headers
        return get_conditional_response(request, chosen.etag, self.last_modified, response) or response


class PageCacheMiddleware:
    """
    Answers requests for published pages from memory, and conditional ones with 304.

    If a page cannot be rendered, its last version is answered, for STALE_SECONDS.
    """

    def __init__(self, get_response: GetResponse) -> None:
        if settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.pages: dict[tuple[str | None, str, str], HeldPage] = {}
        self.lock = Lock()  # for writers

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
        # An exception, too, has become such a response: Django does that between any two middlewares.
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return response if page is None else page.answer(request)
        renewed = held_page(response, now, page) if is_published(response) else None
        self.put(key, renewed)
        return response if renewed is None else renewed.answer(request)

    def put(self, key: tuple[str | None, str, str], page: HeldPage | None) -> None:
        """Replace the page that is held under the key; None removes it."""
        with self.lock:
            self.pages.pop(key, None)
            if page is not None:
                if len(self.pages) >= PAGES_MAX:
                    del self.pages[next(iter(self.pages))]  # the one that was rendered first
                self.pages[key] = page


def is_published(response: HttpResponse) -> TypeGuard[PublishedResponse]:
    """Whether any cache may store the response. One that sets a cookie is for one visitor, whatever else it says."""
    return isinstance(response, PublishedResponse) and not response.cookies


def held_page(response: PublishedResponse, now: float, former: HeldPage | None) -> HeldPage:
    """The response as a page that is fresh for HOLD_SECONDS, or until it expires if that is earlier."""
    etag = response["ETag"]
    if former is not None and former.etag == etag:
        bodies = {coding: representation.body for coding, representation in former.representations.items()}
    else:
        bodies = compress(response.content)
    return HeldPage(
        representations={coding: represent(response, coding, body) for coding, body in bodies.items()},
        etag=etag,
        last_modified=parse_http_date(response["Last-Modified"]),
        fresh_until=min(now + HOLD_SECONDS, response.expires_at.timestamp()),
        stale_until=now + STALE_SECONDS,
    )


def represent(response: HttpResponse, coding: str, body: bytes) -> Representation:
    """The response in a content coding, with a strong ETag of its own because its bytes differ."""
    coded = HttpResponse(headers=dict(response.items()))
    patch_vary_headers(coded, ["Accept-Encoding"])
    if coding != IDENTITY:
        coded["Content-Encoding"] = coding
        coded["ETag"] = f'{response["ETag"][:-1]}-{coding}"'
    coded["Content-Length"] = str(len(body))
    return Representation(body, coded.headers, coded["ETag"])
