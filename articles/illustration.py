"""Illustrations of articles: allowed formats, and their size in pixels."""

import re
from xml.etree import ElementTree

from django.core.exceptions import ValidationError
from django.core.files.base import File
from PIL import Image

RASTER_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")
EXTENSIONS = ("svg", "png", "jpg", "jpeg", "webp", "avif")
MAX_BYTES = 5 * 1024 * 1024


def measure(file: "File[bytes]") -> tuple[int, int]:
    """
    Width and height in CSS pixels, which let a browser reserve the space before the picture is loaded.

    Raises ValidationError if the file is missing, is larger than MAX_BYTES, or has none of the allowed formats.
    """
    was_closed = file.closed
    try:
        if file.size > MAX_BYTES:
            raise ValidationError("The picture is larger than 5 MB: save it smaller and upload it again.")
        file.open()
    except FileNotFoundError:
        raise ValidationError("The picture's file is gone: upload it again.") from None
    try:
        return _measure_svg(file.read()) if _is_svg(file) else _measure_raster(file)
    finally:
        if was_closed:
            file.close()
        else:
            file.seek(0)


def _is_svg(file: "File[bytes]") -> bool:
    return (file.name or "").lower().endswith(".svg")


def _measure_raster(file: "File[bytes]") -> tuple[int, int]:
    try:
        with Image.open(file, formats=RASTER_FORMATS) as image:
            return image.size
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValidationError("This is not a picture in PNG, JPEG, WebP or AVIF format.") from None


def _measure_svg(data: bytes) -> tuple[int, int]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValidationError("Save the SVG without a document type declaration, and upload it again.")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no DTD, so no entity expansion
    except ElementTree.ParseError:
        raise ValidationError("This file is not well-formed SVG.") from None
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise ValidationError("This file is not SVG.")
    width, height = (re.fullmatch(r"(\d+)(?:\.\d+)?(?:px)?", root.get(name, "")) for name in ("width", "height"))
    if width and height:
        return int(width[1]), int(height[1])
    box = re.fullmatch(r"\s*\S+[\s,]+\S+[\s,]+(\d+)\S*[\s,]+(\d+)\S*\s*", root.get("viewBox", ""))
    if not box:
        raise ValidationError("The SVG says neither its width and height nor a viewBox.")
    return int(box[1]), int(box[2])
