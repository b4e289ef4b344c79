"""
Metrics for Prometheus, at /metrics: https://prometheus.io/docs/instrumenting/exposition_formats/

Each process counts latency; prometheus_client sums it through files in PROMETHEUS_MULTIPROC_DIR
(deploy/gunicorn.conf.py). Everything else is read from the database and the spool when /metrics is requested.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from time import perf_counter

from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from leads import spool
from leads.models import Submission
from leads.monitoring.readiness import oldest_pending
from leads.outbox.models import Delivery
from outsourcing_site.middleware import GetResponse

HOURS = 24
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time from request to response.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class LatencyMiddleware:
    """
    Measures every response except those of HealthMiddleware.

    Labelled with the name of its route, not with its path: the number of time series stays small.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        LATENCY.labels(method, route(request, response), f"{response.status_code // 100}xx").observe(
            perf_counter() - started
        )
        return response


def route(request: HttpRequest, response: HttpResponse) -> str:
    """The route's name, "held" for a page from the page cache, or "none" if no route matches."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "none"
    return "held" if response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED) else "none"


class SiteCollector:
    """Collects from the database and the spool. Without the database, `database_up` is 0."""

    def collect(self) -> Iterator[Metric]:
        with suppress(OSError):
            files, _ = spool.waiting()
            yield gauge("spool_files", "Files of enquiries that wait for the database.", files)
        try:
            families = [*submissions(), *deliveries()]
        except DatabaseError:
            families = []
        yield gauge("database_up", "1 while the database answers.", 1 if families else 0)
        yield from families


def gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, value=value)


def submissions() -> Iterator[Metric]:
    """The enquiries of the last HOURS hours, by verdict and by age in whole hours."""
    now = timezone.now()
    family = GaugeMetricFamily("submissions", "Enquiries, by verdict and hours ago.", labels=["verdict", "hours_ago"])
    recent = Submission.objects.admitted().filter(received_at__gt=now - timedelta(hours=HOURS))
    counts: dict[tuple[str, int], int] = {
        (verdict, hour): 0 for verdict in ("accepted", "quarantined") for hour in range(HOURS)
    }
    for verdict, rows in (("quarantined", recent.held()), ("accepted", recent.not_held())):
        for received_at in rows.values_list("received_at", flat=True):
            counts[verdict, max(0, (now - received_at) // timedelta(hours=1))] += 1
    for (verdict, hour), count in counts.items():
        family.add_metric([verdict, str(hour)], count)
    yield family


def deliveries() -> Iterator[Metric]:
    family = GaugeMetricFamily("deliveries", "Messages of the outbox, by state.", labels=["state"])
    counts = dict(Delivery.objects.order_by().values_list("state").annotate(Count("pk")))
    for state in Delivery.State.values:
        family.add_metric([state], counts.get(state, 0))
    yield family
    oldest = oldest_pending()
    waited = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield gauge("oldest_pending_delivery_seconds", "How long the oldest pending message has waited.", waited)


def metrics_response() -> HttpResponse:
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(LATENCY)
    registry.register(SiteCollector())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"}
    )


def may_read(request: HttpRequest) -> bool:
    """Whether the client presents METRICS_TOKEN, or runs on this machine and uses no proxy."""
    authorization = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
