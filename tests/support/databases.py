"""The test database: unreachable at will, and what a test needs of it."""

from contextlib import AbstractContextManager
from typing import Any, NoReturn

import pytest
from django.db import OperationalError, connection

needs_concurrent_writes = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite writes one at a time: bin/with-postgres tests this"
)


def fail_query(*args: Any, **kwargs: Any) -> NoReturn:
    raise OperationalError("the database went away")


def database_away() -> AbstractContextManager[None]:
    """Within this context each query fails, as if the database could not be reached."""
    return connection.execute_wrapper(fail_query)
