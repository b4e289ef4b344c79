"""Export of a list of leads as CSV or XLSX: streamed in constant memory, with an audit record."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from leads.models import Export, Lead, Submission
from leads.reference import grouped
from leads.staff import display_name
from leads.triage.xlsx import workbook

ROWS_PER_FETCH = 2000
LINES_PER_CHUNK = 500
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # Excel recognises UTF-8 by it
# A spreadsheet program runs a cell that starts with one of these: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
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
    "Owner": lambda lead: display_name(lead.owner) if lead.owner else "",
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


def export(leads: QuerySet[Lead], file_format: str, *, actor: User, filters: str) -> HttpResponseBase:
    """
    A download of these leads in their order; `file_format` is one of FORMATS, `filters` the query string of the list.

    The leads are annotated with `latest_requirements` (leads/triage/inbox_queries.py). An Export row is the audit
    record; at the end it has the number of rows expected and written.
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
    """The heading and a row for each lead, from one snapshot; `record` is updated at the end."""
    yield list(COLUMNS)
    with snapshot():
        record.rows_expected = leads.order_by().count()
        for lead in leads.iterator(chunk_size=ROWS_PER_FETCH):
            record.rows_written += 1
            yield [as_cell(value(lead)) for value in COLUMNS.values()]
    record.finished_at = timezone.now()
    record.save(update_fields=["rows_expected", "rows_written", "finished_at"])


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Inside the block PostgreSQL counts and lists the same leads, also while others come in.

    On SQLite a transaction would block visitors, so the count may differ by the leads that came in meanwhile.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def as_cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    cell: Cell = "" if value is None else value
    return cell


def without_formula(value: Cell) -> Cell:
    """An apostrophe before text that a spreadsheet program would run; `+63…` stays a phone number."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not PHONE.fullmatch(value):
        return f"'{value}"
    return value


class Line:
    """A file that keeps the last line written to it, for csv.writer."""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def as_csv(rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    line = Line()
    writer = csv.writer(line)
    yield BYTE_ORDER_MARK.encode()
    lines: list[str] = []
    for row in rows:
        writer.writerow(map(without_formula, row))
        lines.append(line.text)
        if len(lines) == LINES_PER_CHUNK:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


FORMATS: dict[str, tuple[Callable[[Iterable[list[Cell]]], Iterator[bytes]], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
