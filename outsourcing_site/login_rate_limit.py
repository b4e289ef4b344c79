"""
Rate limit for log-ins: it stops those who guess passwords, and keeps them from slowing down visitors' enquiries.

Checking a password takes a core for half a second, on purpose. So a worker process checks one password at a time.
"""

from http import HTTPStatus
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from company.rendering import render_page
from leads.capture.client import client_address, client_mark
from leads.capture.rate_limit import count_in_minute
from outsourcing_site.middleware import GetResponse

LOGIN_PATH = "/admin/login/"
ATTEMPTS_PER_MINUTE = 20  # per client address; an office shares one


class LoginRateLimitMiddleware:
    """Answers 429 to a log-in beyond ATTEMPTS_PER_MINUTE of its client, and while this process checks another one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.password_check = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info != LOGIN_PATH:
            return self.get_response(request)
        now = timezone.now()
        attempts = count_in_minute("logins", client_mark(client_address(request)), now)
        if attempts > ATTEMPTS_PER_MINUTE:
            return refuse(60 - now.second, is_busy=False)
        if not self.password_check.acquire(blocking=False):
            return refuse(1, is_busy=True)
        try:
            return self.get_response(request)
        finally:
            self.password_check.release()


def refuse(seconds: int, *, is_busy: bool) -> HttpResponse:
    response = render_page(
        "too_many_logins.html", {"is_busy": is_busy, "seconds": seconds}, status=HTTPStatus.TOO_MANY_REQUESTS
    )
    response["Retry-After"] = str(seconds)
    return response
