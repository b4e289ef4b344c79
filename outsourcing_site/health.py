"""
Health checks and metrics.

They are answered before all middleware but the time limit: load balancers and container engines send requests by IP
address, over plain HTTP, and with any Host header.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from leads.monitoring.readiness import can_accept, reasons_not_ready
from outsourcing_site.metrics import may_read, metrics_response
from outsourcing_site.middleware import GetResponse


class HealthMiddleware:
    """
    `/healthz`: 200 while the process runs; it checks nothing else. `/acceptz`: 200 while this host can take an enquiry.
    `/readyz`: 200 while everything works, otherwise 503 with the reasons. `/metrics`: metrics for clients that may read
    them; for others the page does not exist.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return report([])
        if request.path == "/acceptz":
            return report([] if can_accept() else ["Neither the database nor the spool can take an enquiry."])
        if request.path == "/readyz":
            return report(reasons_not_ready(timezone.now()))
        if request.path == "/metrics" and may_read(request):
            return metrics_response()
        return self.get_response(request)


def report(reasons: list[str]) -> HttpResponse:
    """`ok`, or 503 with a line for each reason."""
    lines = "\n".join(reasons) or "ok"
    return HttpResponse(
        f"{lines}\n",
        status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
