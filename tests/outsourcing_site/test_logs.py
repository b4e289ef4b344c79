"""The log has no personal data, even if an exception quotes it."""

import logging
import smtplib
import sqlite3
from types import TracebackType

import psycopg2
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from outsourcing_site.logs import PrivateFormatter

PERSON = "Ana\nReyes <ana@example.com>"
REFUSED = smtplib.SMTPRecipientsRefused({PERSON: (550, b"no such user"), "bob@example.com": (450, b"full")})


def formatted(message: object, *args: object, exc_info: object = None) -> str:
    """The line that the handler of the settings writes."""
    record = logging.LogRecord("leads", logging.ERROR, "file.py", 1, message, args, exc_info)  # type: ignore[arg-type]
    return the_formatter().format(record)


def the_formatter() -> logging.Formatter:
    """The formatter that the settings gave to the handler of the root logger."""
    (formatter,) = (h.formatter for h in logging.getLogger().handlers if isinstance(h.formatter, PrivateFormatter))
    return formatter


def caught(error: BaseException) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        raise error
    except BaseException as raised:
        return type(raised), raised, raised.__traceback__


def linked(error: Exception, *, cause: Exception | None = None, context: Exception | None = None) -> Exception:
    if cause is not None:
        error.__cause__ = caught(cause)[1]
    error.__context__ = context
    return error


class UnhashableError(Exception):
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__("it failed")


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (OperationalError(f"LINE 1: ... VALUES ('{PERSON}'"), "django.db.utils.OperationalError"),
        (psycopg2.DataError(f"DETAIL: {PERSON}"), "psycopg2.DataError"),
        (sqlite3.IntegrityError(PERSON), "sqlite3.IntegrityError"),
        (REFUSED, "smtplib.SMTPRecipientsRefused (450, 550)"),
        (smtplib.SMTPDataError(554, PERSON.encode()), "smtplib.SMTPDataError (554)"),
        (smtplib.SMTPSenderRefused(501, b"no", PERSON), "smtplib.SMTPSenderRefused (501)"),
        (smtplib.SMTPServerDisconnected(PERSON), "smtplib.SMTPServerDisconnected"),
        (linked(RuntimeError("it failed"), cause=DatabaseError(PERSON)), "django.db.utils.DatabaseError"),
        (linked(RuntimeError("it failed"), context=REFUSED), "smtplib.SMTPRecipientsRefused (450, 550)"),
        (RuntimeError("it failed"), "RuntimeError: it failed"),
        (UnhashableError(), "UnhashableError: it failed"),
    ],
    ids=repr,
)
def test_a_traceback_quotes_no_personal_data(error, summary):
    for line in [formatted("Failed.", exc_info=caught(error)), formatted("%s", "Failed.", exc_info=caught(error))]:
        assert summary in line
        assert type(error).__name__ in line
        assert "Failed." in line
        assert "in caught\n    raise error" in line
        for secret in ["Ana", "Reyes", "example.com", "VALUES"]:
            assert secret not in line


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("%s failed: %s", ("mail", REFUSED)),
        ("mail failed: %r", (REFUSED,)),
        ("mail failed: %.300s", (REFUSED,)),
        ("mail failed: %(error)s", ({"error": REFUSED},)),
        (REFUSED, ()),
        ("mail failed: %s", (linked(ValueError(f"refused: {REFUSED}"), cause=REFUSED),)),
        ("mail failed: %s", (linked(ValueError(f"refused: {REFUSED!r}"), context=REFUSED),)),
    ],
    ids=repr,
)
def test_an_exception_in_a_message_is_its_class_and_codes(message, args):
    line = formatted(message, *args)
    assert "SMTPRecipientsRefused (450, 550)" in line
    assert "Ana" not in line
    assert "example.com" not in line


def test_a_message_that_quotes_its_own_error_is_cleaned():
    error = OperationalError(f"DETAIL: {PERSON}")
    assert "Ana" not in formatted(f"It failed: {error}", exc_info=caught(error))


def test_text_cached_by_another_formatter_is_not_used():
    record = logging.LogRecord("leads", logging.ERROR, "", 1, "%s", ("Failed.",), caught(OperationalError(PERSON)))
    assert "Ana" in logging.Formatter().format(record)
    assert "Ana" not in the_formatter().format(record)
    assert record.args == ("Failed.",)


def test_a_cyclic_exception_chain_ends():
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert "RuntimeError: one" in formatted("Failed.", exc_info=caught(one))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["INSERT INTO auth_user VALUES ('{}' oops", "SELECT '{}' AS name, oops FROM auth_user"]
)
def test_a_refused_statement_is_not_quoted(statement):
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as refused, transaction.atomic():
        cursor.execute(statement.format(PERSON))
    check_database_error(refused.value)


@pytest.mark.django_db
def test_a_failing_row_is_not_quoted():
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.create(username="ana", email=PERSON, first_name=None)  # type: ignore[misc]
    if connection.vendor == "postgresql":
        assert "Failing row contains" in str(refused.value)
        assert "Ana\nReyes" in str(refused.value)
    check_database_error(refused.value)


@pytest.mark.django_db
def test_a_duplicate_value_is_not_quoted():
    User.objects.create(username=PERSON)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.create(username=PERSON)
    line = check_database_error(refused.value)
    if connection.vendor == "postgresql":
        assert "Ana" in str(refused.value)  # the error itself quotes the value
        assert "django.db.utils.IntegrityError (23505, auth_user_username_key)" in line
    else:
        assert "django.db.utils.IntegrityError (SQLITE_CONSTRAINT_UNIQUE)" in line


def check_database_error(error: BaseException) -> str:
    line = formatted("Refused: %s", error, exc_info=(type(error), error, error.__traceback__))
    assert "Ana" not in line
    assert "Reyes" not in line
    assert line.count(f"django.db.utils.{type(error).__name__}") == 2
    assert type(error.__cause__).__name__ in line
    assert "in execute" in line
    return line
