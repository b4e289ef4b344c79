"""
Probes: does the process live, can it serve?

Answered before everything else, because load balancers and container engines ask by IP address, over plain
HTTP, and with any Host header.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from leads.monitoring.readiness import can_accept, reasons_not_ready
from outsourcing_site.metrics import may_read, metrics


class HealthMiddleware:
    """
    `/healthz`: 200 while the process lives; asks nothing. `/acceptz`: 200 while this host can take an enquiry.
    `/readyz`: 200 when everything works, else 503 with the reasons. `/metrics`: numbers, for those who may read them;
    for others there is no such page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return answer([])
        if request.path == "/acceptz":
            return answer([] if can_accept() else ["Neither the database nor the spool can take an enquiry."])
        if request.path == "/readyz":
            return answer(reasons_not_ready(timezone.now()))
        if request.path == "/metrics" and may_read(request):
            return metrics()
        return self.get_response(request)


def answer(reasons: list[str]) -> HttpResponse:
    text = "\n".join(reasons) or "ok"
    return HttpResponse(
        f"{text}\n",
        status=503 if reasons else 200,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
