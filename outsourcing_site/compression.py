"""Content codings (RFC 9110, section 12.5.3): negotiation and compression."""

import gzip
import re
from functools import lru_cache

import brotli  # type: ignore[import-untyped]

IDENTITY = "identity"
CODINGS = ("br", "gzip")  # in order of preference: brotli is smaller
BROTLI_QUALITY = 5  # higher levels take several times as long for each per cent that they save
GZIP_LEVEL = 6
QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


@lru_cache(maxsize=256)  # browsers send few different values
def preferred_codings(accept_encoding: str) -> tuple[str, ...]:
    """
    The codings that a client accepts, the best one first and identity last.

    A member of the header whose quality value is malformed counts as refused.
    """
    qualities: dict[str, float] = {}
    for member in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in member.split(";"))
        weight = QUALITY.fullmatch(parameters[0]) if parameters else None
        qualities[coding] = float(weight[1]) if weight else 0.0 if parameters else 1.0
    others = qualities.get("*", 0.0)
    accepted = {coding: qualities.get(coding, others) for coding in CODINGS}
    floor = qualities.get(IDENTITY, others)  # identity is acceptable even if it is not named, and the last choice
    better = [coding for coding, quality in accepted.items() if quality > 0 and quality >= floor]
    return (*sorted(better, key=lambda coding: -accepted[coding]), IDENTITY)


def compress(body: bytes) -> dict[str, bytes]:
    """The body by coding: `identity`, and each coding that makes it smaller."""
    bodies = {
        "br": brotli.compress(body, quality=BROTLI_QUALITY),
        "gzip": gzip.compress(body, GZIP_LEVEL, mtime=0),  # without a time all workers produce the same bytes
    }
    return {**{coding: data for coding, data in bodies.items() if len(data) < len(body)}, IDENTITY: body}
