"""Django's SQLite backend with the circuit breaker of outsourcing_site/databases/limits.py."""

from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from outsourcing_site.databases.limits import breaker


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite's busy timeout limits a statement. If another process holds the lock for longer, the breaker opens."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(execute_in_time)


def execute_in_time(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    breaker.enter()
    try:
        result = execute(sql, params, many, context)
    except OperationalError as error:
        if "locked" in str(error):
            breaker.failed()
        raise
    breaker.succeeded()
    return result
