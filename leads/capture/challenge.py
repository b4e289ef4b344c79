"""
The math question, without state.

A challenge is a signed token of an id and the time of issue; its two numbers are derived from the id by HMAC. On
cacheable pages the id is the current window, so all workers send the same bytes. On the answer to a POST it is random.
"""

import secrets
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from company.http_caching import WINDOW_SECONDS

VALID_FOR = timedelta(hours=48)
CLOCK_TOLERANCE = timedelta(minutes=5)  # between machines

WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
]  # fmt: skip
HAN_NUMERALS = ["零", *"一二三四五六七八九十", *(f"十{unit}" for unit in "一二三四五六七八")]
ANSWER_MAX = 40  # characters
OPENING, CLOSING = "=+\"'“”‘’«»„「(（[", ".,;:!。、，\"'“”‘’«»」)）]="


class ChallengeError(Exception):
    """The token is missing, forged or expired; the visitor gets a new question."""


@dataclass(frozen=True)
class Challenge:
    """A question such as "What is 7 + 4?". `issued_at` is in seconds since the epoch."""

    id: str
    issued_at: int

    @property
    def token(self) -> str:
        """`id.issued_at:signature`, for the hidden field."""
        return signer().sign(f"{self.id}.{self.issued_at}")

    @property
    def numbers(self) -> tuple[int, int]:
        """Two numbers from 1 to 9."""
        return numbers_of(self.id, settings.SECRET_KEY)

    @property
    def question(self) -> str:
        return "What is {} + {}?".format(*self.numbers)

    def is_answered_by(self, text: str) -> bool:
        """Whether the text is the sum, in one of the forms of parse_number()."""
        return parse_number(text) == sum(self.numbers)


@lru_cache(maxsize=256)
def numbers_of(challenge_id: str, secret: str) -> tuple[int, int]:
    """The two numbers, 1 to 9. Cached, as all visitors within ten minutes get the same question."""
    digest = salted_hmac("leads.challenge.numbers", challenge_id, secret=secret, algorithm="sha256").digest()
    return digest[0] % 9 + 1, digest[1] % 9 + 1


@lru_cache(maxsize=256)
def unsigned(token: str, secret: str) -> str:
    """The value of a signed token. A new secret empties the cache. Raises BadSignature, which is not cached."""
    return signer().unsign(token)


def signer() -> Signer:
    """With the present key alone: the numbers depend on it, so a token with a former key has expired."""
    return Signer(salt="leads.challenge", fallback_keys=[])


def window_challenge(now: datetime) -> Challenge:
    """The challenge on every page that is rendered within the same WINDOW_SECONDS."""
    window = int(now.timestamp()) // WINDOW_SECONDS
    return Challenge(f"w{window}", window * WINDOW_SECONDS)


def fresh_challenge(now: datetime, unlike: Challenge | None = None) -> Challenge:
    """A random challenge; its question differs from that of `unlike`."""
    while True:
        challenge = Challenge(secrets.token_urlsafe(9), int(now.timestamp()))
        if unlike is None or challenge.question != unlike.question:
            return challenge


def read_challenge(token: str, now: datetime) -> Challenge:
    """The challenge in a token. Raises ChallengeError if the token is forged or older than VALID_FOR."""
    try:
        id_, _, issued = unsigned(token, settings.SECRET_KEY).rpartition(".")
        challenge = Challenge(id_, int(issued))
    except (BadSignature, ValueError):
        raise ChallengeError("forged") from None
    age = now.timestamp() - challenge.issued_at
    if not -CLOCK_TOLERANCE.total_seconds() <= age <= VALID_FOR.total_seconds():
        raise ChallengeError("expired")
    return challenge


def parse_number(text: str) -> int | None:
    """
    The number in `11`, `１１`, `١١`, `eleven` or `十一`, also as `= 11`, `+11`, `"11"`, `(11)`, `11.` or `7 + 4 = 11`.

    None if the text is not a number, or has more than ANSWER_MAX characters.
    """
    text = text.strip()
    if len(text) > ANSWER_MAX:
        return None
    word = unicodedata.normalize("NFKC", text).casefold()
    word = undecorated(undecorated(word).rpartition("=")[2])
    for names in (WORDS, HAN_NUMERALS):
        if word in names:
            return names.index(word)
    return int(word) if word.isdecimal() and len(word) <= 4 else None


def undecorated(answer: str) -> str:
    """The answer without the signs and white space around a number. A minus is not left out."""
    opening, closing = OPENING + string.whitespace, CLOSING + string.whitespace
    return answer.lstrip(opening).rstrip(closing)
