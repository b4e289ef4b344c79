"""Django's PostgreSQL backend with the time limits of outsourcing_site/databases/limits.py."""

from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base

from outsourcing_site.databases.limits import breaker, connect_in_time, watchdog


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(execute_in_time)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        return connect_in_time(lambda: base.DatabaseWrapper.get_new_connection(self, conn_params))

    def is_usable(self) -> bool:
        """Django calls this before it reuses a connection (CONN_HEALTH_CHECKS), so it needs the limit too."""
        if self.connection is None or breaker.is_open():
            return False
        try:
            with watchdog.watching(self.connection):
                return bool(super().is_usable())
        except OperationalError:
            return False

    def _commit(self) -> None:
        if self.connection is not None:
            with watchdog.watching(self.connection):
                super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        if self.connection is not None:
            with watchdog.watching(self.connection):
                super()._rollback()  # type: ignore[misc]


def execute_in_time(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """A function and not a method: a wrapper with a reference to itself is closed only by the garbage collector."""
    breaker.enter()
    watched = watchdog.begin(context["connection"].connection)
    try:
        result = execute(sql, params, many, context)
    finally:
        watchdog.end(watched)
    breaker.succeeded()
    return result
