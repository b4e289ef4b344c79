"""
Normalises what visitors type. Each function raises ValidationError with a sentence that says what to do.

Lengths are checked first: Unicode normalisation of 58 KB of combining marks takes a second. Phone numbers are read in
leads/phone.py.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email

NAME_MAX = 200
EMAIL_MAX = 254
PLAIN_EMAIL = re.compile(r"[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)  # nothing around it, as in most cases
REQUIREMENTS_MIN, REQUIREMENTS_MAX = 10, 4000  # letters in a text of one word; characters
WORDS_MIN = 2  # a text with two words may be shorter: "5 agents"
RAW_FACTOR = 4  # permitted length before normalisation, relative to the length after it

LINE_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
ADDRESS_IN_NAME = re.compile(r"://|\bwww\.\w", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[-.–—_]+|n/a", re.IGNORECASE)
# Controls of the writing direction, which can disguise text in a list of leads.
BIDI_CONTROL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Invisible to people, letters or symbols to Unicode.
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Joiners change the shape of the letters on both sides. They are part of the spelling in these blocks, from Arabic to
# Mongolian.
JOINERS = frozenset("\u200c\u200d")
JOINED_SCRIPT = re.compile("[\u0600-\u109f\u1780-\u18af\u1a20-\u1bff]")
VIRAMA = 9  # canonical combining class
# Letters that stand for a syllable or a word: Thai, Lao, Myanmar, Khmer, Hangul, Hiragana, Katakana, Han.
DENSE_LETTER = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)
DENSE_WEIGHT = 3  # as many letters of an alphabet
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
MAILBOX = re.compile(r"[^\s,;<>@]+@[^\s,;<>@/]+")
BETWEEN_BRACKETS = re.compile(r"<([^<>]*)>")
MAILTO = "mailto:"
QUOTES = "\"'`“”‘’„«»()[]<>"


def normalise_name(text: str) -> str:
    """
    A name in any script: NFC, single spaces, 1 to NAME_MAX characters, no web address.

    Invisible and control characters are removed. A placeholder for a missing name is returned as typed.
    """
    text = text.strip()
    check_length(text, NAME_MAX, NAME_MAX * RAW_FACTOR)
    name = unicodedata.normalize("NFC", " ".join(without_invisible(text).split()))
    check_length(name, NAME_MAX, NAME_MAX)
    if is_placeholder(name):
        return name
    if not any(unicodedata.category(character).startswith("L") for character in name):
        raise ValidationError("Write the name with letters.", code="no_letter")
    if ADDRESS_IN_NAME.search(name):
        raise ValidationError("Write the name alone, without a web address.", code="url")
    return name


def is_placeholder(name: str) -> bool:
    """Whether the name stands for a missing one: `-`, `.`, `–`, `—`, `_`, several of them, or `n/a`."""
    return PLACEHOLDER.fullmatch(name.strip()) is not None


def check_length(text: str, limit: int, refused_above: int) -> None:
    """Raise ValidationError if the text has more than `refused_above` characters; the sentence states the limit."""
    if len(text) > refused_above:
        raise ValidationError(f"Write at most {limit} characters (now {len(text):,}).", code="max_length")


def without_invisible(text: str) -> str:
    """The text without format and control characters, except white space and the joiners that are spelling."""
    if text.isascii() and text.isprintable():
        return text
    characters = []
    for position, character in enumerate(text):
        if character in JOINERS:
            if is_spelling(text[position - 1 : position], text[position + 1 : position + 2]):
                characters.append(character)
        elif character.isspace() or (
            unicodedata.category(character) not in ("Cc", "Cf", "Cs") and character not in FILLERS
        ):
            characters.append(character)
    return "".join(characters)


def is_spelling(before: str, after: str) -> bool:
    """Whether a joiner between two characters, either of which may be missing, is part of the spelling of a word."""
    if before and unicodedata.combining(before) == VIRAMA:
        return True  # words of Malayalam and Sinhala may end so
    return all(
        JOINED_SCRIPT.match(character) and unicodedata.category(character)[0] in "LM" for character in (before, after)
    )


def normalise_email(text: str) -> str:
    """
    An address with its domain in lower case and in Unicode, at most EMAIL_MAX characters.

    A display name, `mailto:`, quotes, full-width forms and punctuation at the end are removed, as mail programs and
    input methods add them. The local part stays as typed.
    """
    text = text.strip()
    if len(text) > EMAIL_MAX * RAW_FACTOR:
        raise invalid_email()
    if PLAIN_EMAIL.fullmatch(text):
        return valid_email(text)
    text = re.sub(r"\s*@\s*", "@", without_invisible(text.translate(FULL_WIDTH)))
    if len({without_wrapping(mailbox).casefold() for mailbox in MAILBOX.findall(text)}) > 1:
        raise ValidationError("Enter one e-mail address, such as ana@example.com.", code="several_emails")
    if bracketed := BETWEEN_BRACKETS.search(text):
        text = bracketed[1]
    return valid_email(without_wrapping(text))


def valid_email(address: str) -> str:
    """The address as email_validator normalises it. Raises ValidationError."""
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        raise invalid_email() from None


def invalid_email() -> ValidationError:
    return ValidationError("Enter an e-mail address such as ana@example.com.", code="invalid_email")


def without_wrapping(address: str) -> str:
    """The address without `mailto:`, quotes or brackets around it, and punctuation at the end."""
    previous = ""
    while address != previous:
        previous = address
        address = address.strip().rstrip(".,;:!")
        if len(address) > 1 and address[0] in QUOTES and address[-1] in QUOTES:
            address = address[1:-1]
        if address[: len(MAILTO)].casefold() == MAILTO:
            address = address[len(MAILTO) :].partition("?")[0]
    return address


def normalise_requirements(text: str) -> str:
    """
    Free text in NFC with line breaks kept as `\\n`, at most REQUIREMENTS_MAX characters.

    It needs WORDS_MIN words, or letters with the weight() of REQUIREMENTS_MIN.
    """
    text = BIDI_CONTROL.sub("", LINE_BREAK.sub("\n", text)).strip()
    if len(text) <= REQUIREMENTS_MAX * 2:
        text = unicodedata.normalize("NFC", text).strip()
    if len(text) > REQUIREMENTS_MAX:
        raise ValidationError(
            f"Shorten the text to {REQUIREMENTS_MAX:,} characters (now {len(text):,}).", code="max_length"
        )
    words = sum(any(map(str.isalnum, word)) for word in text.split())
    if words < WORDS_MIN and weight(text) < REQUIREMENTS_MIN:
        raise ValidationError(
            "Tell us a little more: skills, number of employees, timeline. Two words are enough, such as “5 agents”.",
            code="min_length",
        )
    return text


def weight(text: str) -> int:
    """The number of letters and digits; a letter that is a syllable or a word counts DENSE_WEIGHT times."""
    return sum(DENSE_WEIGHT if DENSE_LETTER.match(character) else 1 for character in text if character.isalnum())
