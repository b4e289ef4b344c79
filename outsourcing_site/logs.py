"""
Log lines without personal data.

The messages of databases quote rows and statements (`DETAIL: Failing row contains (…)`), those of smtplib quote
recipients: the log has their classes and codes. Other exceptions keep their messages.
"""

import logging
import smtplib
import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import psycopg2
from django.db import Error as DatabaseError

QUOTING = (DatabaseError, psycopg2.Error, sqlite3.Error, smtplib.SMTPException)

LED_TO = "The above exception was the direct cause of the following exception:"
WHILE_HANDLED = "During handling of the above exception, another exception occurred:"


class PrivateFormatter(logging.Formatter):
    """Formats as logging.Formatter does, with a summary() in place of every text that may quote personal data."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # what another formatter made of it
        args = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
        errors = [error for value in [record.msg, *args, *(record.exc_info or ())] for error in chain(value)]
        record.msg = shown(record.msg)
        if isinstance(record.args, Mapping):
            record.args = {name: shown(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(shown(value) for value in record.args)
        line = super().format(record)
        for error in errors:  # whose text stands in that of another: f"refused: {error}"
            for text in filter(None, (repr(error), str(error))):
                line = line.replace(text, summary(error))
        return line

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return "\n".join(traceback_lines(ei[1], frozenset()))


def chain(value: object, seen: frozenset[int] = frozenset()) -> Iterator[BaseException]:
    """The quoting errors among an exception and all that led to it, suppressed (`from None`) or not."""
    if isinstance(value, BaseException) and id(value) not in seen:
        if isinstance(value, QUOTING):
            yield value
        for earlier in (value.__cause__, value.__context__, *getattr(value, "exceptions", ())):
            yield from chain(earlier, seen | {id(value)})


def shown(value: object) -> object:
    """What stands in the message for the value."""
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
    """As the traceback module prints the exception and its chain."""
    lines: list[str] = []
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        lines += traceback_lines(earlier, seen | {id(error)})
        lines += ["", LED_TO if error.__cause__ else WHILE_HANDLED, ""]
    if error.__traceback__ is not None:
        lines += ["Traceback (most recent call last):", *traceback.format_tb(error.__traceback__)]
    lines += [summary(error)] if isinstance(error, QUOTING) else traceback.format_exception_only(error)
    return [line.rstrip("\n") for line in lines]
