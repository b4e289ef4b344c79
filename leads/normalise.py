"""How what a visitor typed becomes what is stored. Each function raises ValidationError with a sentence to act on."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from email_validator import EmailNotValidError, validate_email
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

NAME_MAX = 80
EMAIL_MAX = 254
REQUIREMENTS_MIN, REQUIREMENTS_MAX = 10, 4000
HOME_REGION = "PH"

LINE_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
ADDRESS_IN_NAME = re.compile(r"://|\bwww\.|\w\.\w{2,}/|\w\.(?:com|net|org|info|biz|ru|xyz)\b", re.IGNORECASE)
LOCAL_EXTENSION = re.compile(r"\b(?:local|loc)\b\.?\s*(?=\d{1,7}$)", re.IGNORECASE)  # as the Philippines say "ext."
# Invisible characters that turn the direction of text: harmless to leave out, harmful to show in a list of leads.
TURNS_TEXT = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def normalise_name(text: str) -> str:
    """A name in any script: NFC, single spaces, 1 to NAME_MAX characters, no control character, no web address."""
    name = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise ValidationError("Write the name on one line, without special control characters.", code="control")
    name = " ".join("".join(character for character in name if character not in TURNS_TEXT).split())
    if not any(unicodedata.category(character).startswith("L") for character in name):
        raise ValidationError("Write the name with letters.", code="no_letter")
    if ADDRESS_IN_NAME.search(name):
        raise ValidationError("Write the name alone, without a web address.", code="url")
    if len(name) > NAME_MAX:
        raise ValidationError(f"Write at most {NAME_MAX} characters (now {len(name)}).", code="max_length")
    return name


def normalise_phone(text: str) -> PhoneNumber:
    """
    A number of any country; without a country code, of the Philippines.

    The result has `as_e164` (`+639171234567`) and `extension` (`12` or None).
    """
    text = LOCAL_EXTENSION.sub("ext. ", unicodedata.normalize("NFKC", text).strip())
    try:
        number = PhoneNumber.from_string(text, region=HOME_REGION)
    except NumberParseException:
        number = None
    if number is None or not number.is_valid():
        raise ValidationError(
            "Enter a phone number such as 0917 123 4567, or with its country code such as +1 303 586 6566.",
            code="invalid_phone",
        )
    return number


def normalise_email(text: str) -> str:
    """An address with its domain in lower case and in Unicode, at most EMAIL_MAX characters."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError("Enter an e-mail address such as ana@example.com.", code="invalid_email") from None


def normalise_requirements(text: str) -> str:
    """Free text with line breaks kept as `\\n`, REQUIREMENTS_MIN to REQUIREMENTS_MAX characters."""
    text = LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text)).strip()
    if len(text) < REQUIREMENTS_MIN:
        raise ValidationError(
            f"Tell us a little more: skills, number of employees, timeline (at least {REQUIREMENTS_MIN} characters).",
            code="min_length",
        )
    if len(text) > REQUIREMENTS_MAX:
        raise ValidationError(
            f"Shorten the text to {REQUIREMENTS_MAX:,} characters (now {len(text):,}).", code="max_length"
        )
    return text
