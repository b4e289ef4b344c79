"""
HTTP caching of published content (RFC 9111): lifetime, validators and expiry.

Published content is the same for every visitor, so any cache may store it.
"""

from datetime import UTC, datetime
from hashlib import sha256

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import http_date

# A change is visible after 55 s at most: 5 s in a worker's page cache, 20 + 10 s in a proxy, 10 + 10 s in a browser.
# While the site is down, caches serve stale content for a day; the form's question is valid for two days.
CACHE_CONTROL = "public, max-age=10, s-maxage=20, stale-while-revalidate=10, stale-if-error=86400"

# The part of a page that depends on the time, the math question, changes every WINDOW_SECONDS, counted from the epoch.
# A published response never outlives its window.
WINDOW_SECONDS = 10 * 60


class PublishedResponse(HttpResponse):
    """A response of publish(): any cache may store it, until `expires_at`."""

    expires_at: datetime


def publish(
    content: str,
    *,
    changed_at: datetime,
    expires_at: datetime | None = None,
    content_type: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> PublishedResponse:
    """
    A response that any cache may store, with a strong ETag of its bytes and `changed_at` as Last-Modified.

    It expires at the end of the present window, or at `expires_at` if that is earlier.
    """
    body = content.encode()
    response = PublishedResponse(
        body,
        content_type=content_type,
        headers={
            "Cache-Control": CACHE_CONTROL,
            "ETag": f'"{sha256(body).hexdigest()[:32]}"',
            "Last-Modified": http_date(changed_at.timestamp()),
            **(headers or {}),
        },
    )
    response.expires_at = min(filter(None, [window_end(), expires_at]))
    return response


def window_end() -> datetime:
    """The end of the present window of WINDOW_SECONDS."""
    window = int(timezone.now().timestamp()) // WINDOW_SECONDS
    return datetime.fromtimestamp((window + 1) * WINDOW_SECONDS, UTC)


def latest(*moments: datetime | None) -> datetime:
    """
    The latest of the moments and the last midnight in UTC, for Last-Modified.

    The math question is content too, and changes by the clock. A cache that revalidates with If-Modified-Since
    alone, without the ETag, would otherwise keep an old question for ever.
    """
    return max(filter(None, [*moments, midnight()]))


def midnight() -> datetime:
    """The last midnight in UTC."""
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
