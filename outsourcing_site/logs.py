"""
Log lines without personal data.

Messages of database errors quote rows and statements (`DETAIL: Failing row contains (…)`), and those of smtplib quote
recipients. The log has the classes and codes of these errors instead. Other exceptions keep their messages.
"""

import logging
import smtplib
import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from copy import copy
from types import TracebackType

import psycopg2
from django.db import Error as DatabaseError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

QUOTING = (DatabaseError, psycopg2.Error, sqlite3.Error, smtplib.SMTPException)

LED_TO = "The above exception was the direct cause of the following exception:"
WHILE_HANDLED = "During handling of the above exception, another exception occurred:"


class PrivateFormatter(logging.Formatter):
    """logging.Formatter with a summary() in place of every text that may quote personal data."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # the traceback as another formatter has formatted it
        args = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
        errors = [error for value in [record.msg, *args, *(record.exc_info or ())] for error in quoting_errors(value)]
        record.msg = without_quotes(record.msg)
        if isinstance(record.args, Mapping):
            record.args = {name: without_quotes(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(without_quotes(value) for value in record.args)
        line = super().format(record)
        for error in errors:  # another text may contain that of an error: f"refused: {error}"
            for quote in filter(None, (repr(error), str(error))):
                line = line.replace(quote, summary(error))
        return line

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging defines the name
        return "\n".join(traceback_lines(ei[1], frozenset())) if ei[1] is not None else ""


def quoting_errors(value: object, seen: frozenset[int] = frozenset()) -> Iterator[BaseException]:
    """The QUOTING errors in the chain of an exception, also where `from None` suppresses it. None for other values."""
    if isinstance(value, BaseException) and id(value) not in seen:
        if isinstance(value, QUOTING):
            yield value
        for earlier in (value.__cause__, value.__context__, *getattr(value, "exceptions", ())):
            yield from quoting_errors(earlier, seen | {id(value)})


def without_quotes(value: object) -> object:
    """The summary of a QUOTING error; any other value unchanged."""
    return summary(value) if isinstance(value, QUOTING) else value


def summary(error: BaseException) -> str:
    """Class and codes: `django.db.utils.IntegrityError (23505, auth_user_username_key)`."""
    source = error.__cause__ if isinstance(error, DatabaseError) else error
    codes: list[object] = []
    if isinstance(source, psycopg2.Error):
        codes = [source.pgcode, source.diag.constraint_name]
    elif isinstance(source, sqlite3.Error):
        codes = [getattr(source, "sqlite_errorname", None)]
    elif isinstance(source, smtplib.SMTPRecipientsRefused):
        codes = [*sorted({code for code, _ in source.recipients.values()})]
    elif isinstance(source, smtplib.SMTPResponseException):
        codes = [source.smtp_code]
    details = ", ".join(str(code) for code in codes if code)
    return f"{type(error).__module__}.{type(error).__qualname__}" + (f" ({details})" if details else "")


def traceback_lines(error: BaseException, seen: frozenset[int]) -> list[str]:
    """The lines that the traceback module prints for the exception and its chain, with summaries."""
    lines: list[str] = []
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        lines += traceback_lines(earlier, seen | {id(error)})
        lines += ["", LED_TO if error.__cause__ else WHILE_HANDLED, ""]
    if error.__traceback__ is not None:
        lines += ["Traceback (most recent call last):", *traceback.format_tb(error.__traceback__)]
    lines += [summary(error)] if isinstance(error, QUOTING) else traceback.format_exception_only(error)
    return [line.rstrip("\n") for line in lines]
