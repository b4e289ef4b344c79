"""
Intake: store() writes an enquiry to the database as one row. Everything else about it is admission's work
(leads/admission/), derived from that row.
"""

from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections

from leads.models import Submission

# The columns of the INSERT. `lead` and `search_text` are left to the defaults of the database; admission sets them.
INSERT_FIELDS = [field for field in Submission._meta.concrete_fields if field.name not in ("id", "lead", "search_text")]
# DO UPDATE, not DO NOTHING: it makes a retry wait for the confirmation by the standby. With DO NOTHING a retry
# returns at once, and a row that only the primary has is lost in a failover.
INSERT = "INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"


class NotConfirmedError(DatabaseError):
    """The database server stored the row, but no standby has confirmed it."""


def store(submission: Submission) -> None:
    """
    Store an unsaved submission with one INSERT, committed with the statement. Idempotent: `Submission.key` is unique.

    Raises django.db.Error if the row is not stored or not confirmed; the caller then spools it under the same key.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    is_reused = connection.connection is not None
    try:
        insert(submission, connection)
    except (OperationalError, InterfaceError):
        if not is_reused or connection.in_atomic_block:
            raise
        connection.close()  # the server may have closed it since the last request
        insert(submission, connection)


def insert(submission: Submission, connection: Any) -> None:
    """Raises django.db.Error."""
    # A retry after a failure is cheaper than a check before each statement (CONN_HEALTH_CHECKS).
    connection.health_check_done = True
    with connection.cursor() as cursor:
        if notices := getattr(connection.connection, "notices", None):
            notices.clear()
        cursor.execute(statement(), values_of(submission, connection))
        if getattr(connection.connection, "notices", None):
            # "WARNING: canceling wait for synchronous replication", perhaps translated; an INSERT causes no other.
            raise NotConfirmedError("The database server gave a warning instead of a confirmation.")


@cache
def statement() -> str:
    """The INSERT for this database, with placeholders for INSERT_FIELDS."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = [str(field.column) for field in INSERT_FIELDS]
    return INSERT.format(
        table=quote(Submission._meta.db_table),
        columns=", ".join(quote(column) for column in columns),
        values=", ".join(["%s"] * len(INSERT_FIELDS)),
        key=quote("key"),
    )


def values_of(submission: Submission, connection: Any) -> list[Any]:
    """The values of INSERT_FIELDS, as the database driver takes them."""
    values = [(field, getattr(submission, field.attname)) for field in INSERT_FIELDS]
    return [
        value if isinstance(value, (str, bool)) else field.get_db_prep_save(value, connection)
        for field, value in values
    ]
