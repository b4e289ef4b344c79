"""
Checks of a post before its form is validated: its origin, size and encoding.

The form carries no authority, so a CSRF token would protect nothing and make the page uncacheable. Headers of the
browser identify a cross-site post: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site.
"""

import codecs
import re
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from leads.capture.attribution import split
from leads.normalise import REQUIREMENTS_MAX

# Four times the permitted text, so that too long a text is answered with the form, at 4 bytes for a character and 3
# characters for a percent-encoded byte; and 64 KiB for the other fields.
MAX_BODY_BYTES = 4 * REQUIREMENTS_MAX * 4 * 3 + 64 * 1024
ESCAPED_BYTE = re.compile(rb"%(?:00|[89A-Fa-f])")  # a NUL, or a byte outside ASCII
CONTENT_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def is_cross_site(request: HttpRequest) -> bool:
    """Whether the browser states that the post comes from another site; False for clients without these headers."""
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return False
    parts = split(origin)
    return parts is None or parts.netloc.casefold() != request.get_host().casefold()


def is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH", "")
    return length.isdecimal() and int(length) > MAX_BODY_BYTES


def is_unknown_type(request: HttpRequest) -> bool:
    """Whether the body is not a form, or not in UTF-8 under any of its names (`utf8`, `"UTF-8"`)."""
    charset = (request.content_params or {}).get("charset", "utf-8").strip(" \"'")
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        return True
    return request.content_type not in CONTENT_TYPES or codec != "utf-8"


def is_garbled(request: HttpRequest) -> bool:
    """Whether the body has bytes that are not UTF-8, or a NUL, which PostgreSQL cannot store."""
    body = request.body
    if body.isascii() and b"\0" not in body and ESCAPED_BYTE.search(body) is None:
        return False
    if request.content_type == CONTENT_TYPES[0]:
        body = unquote_to_bytes(body)
    try:
        return "\0" in body.decode()
    except UnicodeDecodeError:
        return True
