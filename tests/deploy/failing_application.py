"""A WSGI application whose exception reaches gunicorn."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import OperationalError

DETAIL = "DETAIL: Failing row contains (Ana Reyes, ana@example.com)."


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise OperationalError(DETAIL)
