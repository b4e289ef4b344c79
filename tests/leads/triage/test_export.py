"""An export has every row of the list and no formula that a spreadsheet program would run."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from leads.models import Export, Lead
from leads.triage import export, xlsx
from leads.triage.export import without_formula
from leads.triage.xlsx import workbook
from tests import build

pytestmark = pytest.mark.django_db
LEADS = "/admin/leads/lead/"


def download(browser, file_format: str, filters: str = "") -> bytes:
    response = browser.post(f"{LEADS}export/{file_format}/", {"filters": filters})
    assert response.status_code == 200
    assert response.streaming
    assert f".{file_format}" in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def as_rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_all_columns_of_the_filtered_list_in_order(manager):
    build.lead(first_name="José", phone="+639171234567", space_requirements="Ten desks,\n“now”.")
    build.lead(first_name="Older", received_at=build.NOON.replace(hour=1))
    Lead.objects.filter(first_name="Older").update(status="lost", lost_reason="No budget")
    (row,) = as_rows(download(manager, "csv"))
    assert list(row) == list(export.COLUMNS)
    assert (row["First name"], row["Phone"], row["Space requirements"]) == (
        "José", "+639171234567", "Ten desks,\n“now”.",
    )  # fmt: skip
    assert row["First enquiry"] == "2026-11-23 20:00"
    assert [row["First name"] for row in as_rows(download(manager, "csv", "status=all"))] == ["José", "Older"]
    assert [row["Lost because"] for row in as_rows(download(manager, "csv", "status=lost"))] == ["No budget"]
    assert [row["First name"] for row in as_rows(download(manager, "csv", "q=jose"))] == ["José"]
    assert as_rows(download(manager, "csv", "source=\0x")) == []


def test_a_workbook_has_the_same_columns_and_values(manager):
    lead = build.lead(first_name="=1+1", last_name="A\x0b<&>", phone="+639171234567", space_requirements="Ten\ndesks.")
    sheet = openpyxl.load_workbook(io.BytesIO(download(manager, "xlsx"))).active
    heading, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    assert heading == list(export.COLUMNS)
    values = dict(zip(heading, row, strict=True))
    assert values["Lead"] == lead.pk
    assert (values["First name"], values["Last name"]) == ("=1+1", "A<&>")
    assert (values["Phone"], values["Space requirements"]) == ("+639171234567", "Ten\ndesks.")
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "inlineStr"}  # no formula


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+63917 1 OR 1", "'+63917 1 OR 1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("+639171234567", "+639171234567"),
        ("Ana", "Ana"),
        ("", ""),
        (7, 7),
    ],
)
def test_a_formula_is_written_as_text(typed, written):
    assert without_formula(typed) == written


def test_an_export_is_recorded(manager):
    for _ in range(3):
        build.lead()
    download(manager, "csv", "status=all&owner=none")
    record = Export.objects.get()
    assert (record.filters, record.file_format) == ("status=all&owner=none", "csv")
    assert (record.rows_expected, record.rows_written) == (3, 3)
    assert record.finished_at is not None
    page = manager.get("/admin/leads/export/").content.decode()
    assert "status=all&amp;owner=none" in page
    assert str(record.actor) in page


def test_an_interrupted_download_is_recorded_as_incomplete(manager):
    for _ in range(3):
        build.lead()
    response = manager.post(f"{LEADS}export/csv/", {"filters": ""})
    next(response.streaming_content)
    assert Export.objects.get().finished_at is None
    assert 'alt="False"' in manager.get("/admin/leads/export/").content.decode()


def test_an_action_exports_the_selected_leads(manager):
    leads = [build.lead() for _ in range(3)]
    data = {"action": "export_csv", "_selected_action": [leads[0].pk, leads[2].pk]}
    rows = as_rows(b"".join(manager.post(LEADS, data).streaming_content))
    assert {row["Lead"] for row in rows} == {str(leads[0].pk), str(leads[2].pk)}


def test_sales_cannot_export(sales):
    build.lead()
    assert sales.post(f"{LEADS}export/csv/", {}).status_code == 403
    assert "Export this list" not in sales.get(LEADS).content.decode()
    sales.post(LEADS, {"action": "export_csv", "_selected_action": [1]})
    assert not Export.objects.exists()


def test_an_invalid_export_request_redirects(manager):
    assert manager.get(f"{LEADS}export/csv/").status_code == 302
    assert manager.post(f"{LEADS}export/pdf/").status_code == 302


def test_a_workbook_is_streamed():
    pieces = list(workbook([f"{number}" * 50, number] for number in range(20_000)))
    assert len(pieces) > 2
    assert openpyxl.load_workbook(io.BytesIO(b"".join(pieces)), read_only=True).active.max_row in (None, 20_000)


@pytest.mark.parametrize(("rows", "sheets"), [(0, [0]), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_rows_over_the_sheet_limit_go_to_the_next_sheet(monkeypatch, rows, sheets):
    monkeypatch.setattr(xlsx, "ROWS_MAX", 4)  # heading included
    table: list[list[Any]] = [["Lead"], *([number] for number in range(rows))]
    data = b"".join(workbook(table))
    columns = [[row[0] for row in sheet.values] for sheet in openpyxl.load_workbook(io.BytesIO(data))]
    assert [column[0] for column in columns] == ["Lead"] * len(sheets)
    assert [len(column) - 1 for column in columns] == sheets
    assert [number for column in columns for number in column[1:]] == list(range(rows))
