"""Simultaneous calls on separate database connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

CONNECTIONS = 16


def at_once(call: Callable[[int], Any], times: int = CONNECTIONS) -> list[Any]:
    """The results of `call(0)` to `call(times - 1)`, started together, each on its own connection."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
