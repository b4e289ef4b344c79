"""
A workbook, written as it is read: Office Open XML, ECMA-376 part 1.

Libraries keep the sheet in memory or in a file until its last row, so that a long download would not begin in time.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, cast
from xml.sax.saxutils import escape

ROWS_MAX = 1_048_576  # of a sheet, as spreadsheet programs have it; the rest goes on to the next
CHUNK = 64 * 1024  # bytes
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML 1.0

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Pipe(io.RawIOBase):
    """A file that cannot be wound back; what was written is taken out of it."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self.written)
        self.written.clear()
        return taken


def workbook(rows: Iterable[list[str | int]]) -> Iterator[bytes]:
    """
    The bytes of the workbook; the first row is the heading of each of its sheets.

    Text stays text: nothing in it is read as a formula, a number or a date.
    """
    pipe = Pipe()
    left = iter(rows)
    heading = next(left)
    sheets = 0
    with zipfile.ZipFile(cast(io.BufferedIOBase, pipe), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        first: list[list[str | int]] = []
        while not sheets or first:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for row in chain([heading], first, islice(left, ROWS_MAX - 1 - len(first))):
                    sheet.write(f"<row>{''.join(map(cell, row))}</row>".encode())
                    if len(pipe.written) >= CHUNK:
                        yield pipe.take()
                sheet.write(b"</sheetData></worksheet>")
            first = list(islice(left, 1))
        for name, xml in parts(range(1, sheets + 1)):
            archive.writestr(name, HEAD + xml)
    yield pipe.take()


def cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    if not value:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(FORBIDDEN.sub("", value))}</t></is></c>'


def parts(sheets: range) -> list[tuple[str, str]]:
    """What makes a workbook of the sheets: names in the archive, and XML."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{CONTENT}.worksheet+xml"/>'
        for number in sheets
    )
    named = "".join(f'<sheet name="Leads {number}" sheetId="{number}" r:id="rId{number}"/>' for number in sheets)
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in sheets
    )
    return [
        ("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'),
        (
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>{types}</Types>',
        ),
    ]
