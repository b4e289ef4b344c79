"""
Limits on log-ins, so that those who guess passwords neither get far nor slow down a visitor's enquiry.

Checking a password takes a core for half a second, on purpose: it is what a worker process does one at a time.
"""

from collections.abc import Callable
from threading import Lock

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from company.rendering import render_page
from leads.capture.client import client_address, client_mark

LOGIN_PATH = "/admin/login/"
TRIES_PER_MINUTE = 20  # of one address; an office shares one
TOO_MANY = 429


class LoginLimitMiddleware:
    """Answers 429 to a log-in while this process checks another, and beyond TRIES_PER_MINUTE of its client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.password_check = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info != LOGIN_PATH:
            return self.get_response(request)
        now = timezone.now()
        if count_try(client_mark(client_address(request)), int(now.timestamp()) // 60) > TRIES_PER_MINUTE:
            return refuse(60 - now.second, is_busy=False)
        if not self.password_check.acquire(blocking=False):
            return refuse(1, is_busy=True)
        try:
            return self.get_response(request)
        finally:
            self.password_check.release()


def count_try(client: str, minute: int) -> int:
    """Count one more log-in of the client; how many there were in this minute."""
    key = f"logins:{client}:{minute}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key)
    except ValueError:  # thrown out by the cache in between
        return 1


def refuse(seconds: int, *, is_busy: bool) -> HttpResponse:
    response = render_page("too_many_logins.html", {"is_busy": is_busy, "seconds": seconds}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response
