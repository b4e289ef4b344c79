"""
Reference codes: eight symbols that a visitor can read out on the phone, such as `7KQ2-M4XW`.

A code is derived from the submission's key, so it is known before anything is stored. It contains nothing about the
person. The symbols are Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O, U.
"""

import re

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
MISREAD = str.maketrans("OIL", "011")


def reference_of(key: str) -> str:
    """The code of the submission with this key (64 hexadecimal digits), without the hyphen."""
    bits = int(key[:10], 16)
    return "".join(SYMBOLS[bits >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def grouped(reference: str) -> str:
    """`7KQ2M4XW` → `7KQ2-M4XW`, for people."""
    return f"{reference[:4]}-{reference[4:]}"


def parse_reference(text: str) -> str | None:
    """The code in typed text (any case, spaces or hyphens, O for 0); None if it is not a code."""
    code = re.sub(r"[\s\-–]", "", text).upper().translate(MISREAD)
    return code if len(code) == LENGTH and set(code) <= set(SYMBOLS) else None
