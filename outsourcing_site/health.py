"""
Probes: does the process live, can it serve?

Answered before everything else, because load balancers and container engines ask by IP address, over plain
HTTP, and with any Host header.
"""

from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from leads.outbox.health import reasons_not_flowing, reasons_spooled
from outsourcing_site.metrics import may_read, metrics


class HealthMiddleware:
    """
    `/healthz`: 200 while the process lives. `/readyz`: 200 when it can serve, else 503 with the reasons. `/metrics`:
    numbers, for who may read them; for others there is no such page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return answer([])
        if request.path == "/readyz":
            return answer(reasons_not_ready())
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


def reasons_not_ready() -> list[str]:
    """One sentence for each thing that keeps this process from serving; empty when it can."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            return [f"{len(pending)} database migrations are pending: run manage.py migrate.", *reasons_spooled()]
        return reasons_not_flowing(timezone.now()) + reasons_spooled()
    except DatabaseError:
        return ["The database cannot be reached.", *reasons_spooled()]
