"""
Streams a workbook (Office Open XML, ECMA-376 part 1).

Libraries write the whole sheet to memory or to a file first. XlsxWriter takes two minutes for a million rows before the
first byte, and a proxy ends the request after one minute.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, cast
from xml.sax.saxutils import escape

ROWS_MAX = 1_048_576  # of a sheet in spreadsheet programs; further rows go to the next sheet
CHUNK = 64 * 1024  # bytes
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML 1.0

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Buffer(io.RawIOBase):
    """A file that is not seekable; take() returns what was written since the last call, and forgets it."""

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
    The bytes of the workbook, in chunks; the first row is the heading of each sheet.

    Text stays text: programs do not read it as a formula, a number or a date.
    """
    buffer = Buffer()
    remaining = iter(rows)
    heading = next(remaining)
    sheets = 0
    with zipfile.ZipFile(cast(io.BufferedIOBase, buffer), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        next_rows: list[list[str | int]] = []  # one, if there is another sheet
        while not sheets or next_rows:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for row in chain([heading], next_rows, islice(remaining, ROWS_MAX - 1 - len(next_rows))):
                    sheet.write(f"<row>{''.join(map(cell, row))}</row>".encode())
                    if len(buffer.written) >= CHUNK:
                        yield buffer.take()
                sheet.write(b"</sheetData></worksheet>")
            next_rows = list(islice(remaining, 1))
        for name, xml in parts(range(1, sheets + 1)):
            archive.writestr(name, HEAD + xml)
    yield buffer.take()


def cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    if not value:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(FORBIDDEN.sub("", value))}</t></is></c>'


def parts(sheets: range) -> list[tuple[str, str]]:
    """The other files of the archive: names and XML."""
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
