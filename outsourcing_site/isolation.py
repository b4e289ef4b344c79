"""Cross-Origin-Resource-Policy, which Django does not send: other sites may not embed anything of ours."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ResourcePolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
