"""The leads of a list as a file: streamed in constant memory, every row counted, and who took it written down."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from leads.models import Export, Lead, Submission
from leads.reference import grouped
from leads.triage.work import name_of
from leads.triage.xlsx import workbook

ROWS_AT_ONCE = 2000
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by which Excel knows UTF-8
# What makes a spreadsheet program run a cell: https://owasp.org/www-community/attacks/CSV_Injection
RUNS = tuple("=+-@\t\r\n＝＋－＠")
PHONE = re.compile(r"\+\d+")

Cell = str | int
COLUMNS: dict[str, Callable[[Any], Any]] = {
    "Lead": lambda lead: lead.pk,
    "Reference": lambda lead: grouped(lead.latest_reference or ""),
    "First name": lambda lead: lead.first_name,
    "Last name": lambda lead: lead.last_name,
    "E-mail": lambda lead: lead.email,
    "Phone": lambda lead: lead.phone,
    "Extension": lambda lead: lead.phone_extension,
    "Status": lambda lead: lead.get_status_display(),
    "Lost because": lambda lead: lead.lost_reason,
    "Owner": lambda lead: name_of(lead.owner) if lead.owner else "",
    "Follow-up": lambda lead: lead.follow_up_on,
    "Wrote again": lambda lead: "yes" if lead.wrote_again else "",
    "First enquiry": lambda lead: lead.created_at,
    "Latest enquiry": lambda lead: lead.last_submission_at,
    "Due": lambda lead: lead.due_at,
    "Answered after (working minutes)": lambda lead: lead.response_minutes,
    "Closed": lambda lead: lead.closed_at,
    "Source": lambda lead: lead.first_touch,
    "Latest source": lambda lead: lead.last_touch,
    "Page": lambda lead: lead.first_page,
    "Space requirements": lambda lead: lead.latest_requirements or "",
}


def export(leads: QuerySet[Lead], file_format: str, *, actor: Any, filters: str) -> HttpResponseBase:
    """
    A download of these leads, annotated with `latest_requirements`, in their order; `file_format` is one of FORMATS.

    An Export row says who asked for what, and in the end whether as many rows were written as there were.
    """
    record = Export.objects.create(actor=actor, at=timezone.now(), file_format=file_format, filters=filters)
    write, content_type = FORMATS[file_format]
    latest = Submission.objects.filter(lead=OuterRef("pk")).values("reference")[:1]
    leads = leads.select_related("owner").annotate(latest_reference=Subquery(latest))
    name = f"leads-{timezone.localtime():%Y-%m-%d-%H%M}.{file_format}"
    return StreamingHttpResponse(
        write(counted(leads, record)),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def counted(leads: QuerySet[Lead], record: Export) -> Iterator[list[Cell]]:
    """The heading and a row for each lead, all of one moment; `record` is brought up to date."""
    yield list(COLUMNS)
    with one_moment():
        record.rows_expected = leads.order_by().count()
        for lead in leads.iterator(chunk_size=ROWS_AT_ONCE):
            record.rows_written += 1
            yield [plain(value(lead)) for value in COLUMNS.values()]
    record.finished_at = timezone.now()
    record.save(update_fields=["rows_expected", "rows_written", "finished_at"])


@contextmanager
def one_moment() -> Iterator[None]:
    """
    Let PostgreSQL count and list the same leads, whatever comes in meanwhile.

    On SQLite a transaction would make visitors wait, so that there the two may differ by what came in between.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def plain(value: Any) -> Cell:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value


def harmless(value: Cell) -> Cell:
    """What a spreadsheet program would run is shown as text, by an apostrophe; `+63…` stays a phone number."""
    if isinstance(value, str) and value.startswith(RUNS) and not PHONE.fullmatch(value):
        return f"'{value}"
    return value


class Line:
    """A file that holds one line."""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def as_csv(rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    line = Line()
    writer = csv.writer(line)
    yield BYTE_ORDER_MARK.encode()
    lines: list[str] = []
    for row in rows:
        writer.writerow(map(harmless, row))
        lines.append(line.text)
        if len(lines) == 500:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


FORMATS: dict[str, tuple[Callable[[Iterable[list[Cell]]], Iterator[bytes]], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
