"""
The one door into the database: store() writes one row. All that follows from an enquiry is admission's work
(leads/admission/), derived from the row.
"""

from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connection, connections

from leads.models import Submission

# What admission sets is left to the database's defaults.
FIELDS = [field for field in Submission._meta.concrete_fields if field.name not in ("id", "lead", "search_text")]
# DO UPDATE, not DO NOTHING: a retry has to wait for the standby's confirmation as the first try did. With DO NOTHING
# it is answered at once, and a row that only the primary had was lost in a failover.
INSERT = "INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"


class NotConfirmedError(DatabaseError):
    """The row is stored on this database server, but no standby has confirmed it."""


def store(submission: Submission) -> None:
    """
    Store an unsaved submission: one INSERT, committed with the statement. Repeatable: `Submission.key` is unique, and
    the same submission again changes nothing.

    Raises django.db.Error when the database did not take it; then it has to go to the spool, under the same key.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    is_pooled = connection.connection is not None
    try:
        insert(submission, connection)
    except (OperationalError, InterfaceError):
        if not is_pooled or connection.in_atomic_block:
            raise
        connection.close()  # the server may have closed it since the last request; a new one tells
        insert(submission, connection)


def insert(submission: Submission, connection: Any) -> None:
    # A failed statement is retried, which costs less than asking before each one (CONN_HEALTH_CHECKS).
    connection.health_check_done = True
    with connection.cursor() as cursor:
        if notices := getattr(connection.connection, "notices", None):
            notices.clear()
        cursor.execute(statement(), values_of(submission, connection))
        if getattr(connection.connection, "notices", None):
            # "WARNING: canceling wait for synchronous replication" in the server's language; an INSERT has no other.
            raise NotConfirmedError("The database server gave a warning instead of a confirmation.")


@cache
def statement() -> str:
    quote: Any = connection.ops.quote_name
    return INSERT.format(
        table=quote(Submission._meta.db_table),
        columns=", ".join(quote(field.column) for field in FIELDS),
        values=", ".join(["%s"] * len(FIELDS)),
        key=quote("key"),
    )


def values_of(submission: Submission, connection: Any) -> list[Any]:
    values = [(field, getattr(submission, field.attname)) for field in FIELDS]
    return [
        value if isinstance(value, (str, bool)) else field.get_db_prep_save(value, connection)
        for field, value in values
    ]
