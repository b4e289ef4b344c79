"""A visitor's answer never waits long for the database."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from outsourcing_site.cookies import STAFF_PREFIX
from outsourcing_site.databases.limits import VISITOR_SECONDS, database_within


class TimeLimitMiddleware:
    """Gives requests outside the admin VISITOR_SECONDS of the database in all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(STAFF_PREFIX):
            return self.get_response(request)
        with database_within(VISITOR_SECONDS):
            return self.get_response(request)
