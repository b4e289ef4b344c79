"""
Reads phone numbers as people type them. readings() returns every number that the text can mean; if there are several,
the form asks the visitor.

The number plans are those of Google's libphonenumber, in the package `phonenumbers`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
import pycountry
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

TEXT_MAX = 100  # characters that are read
EXTENSION_MAX = 20  # digits
NATIONAL_MIN = 7  # digits of a number without country code; shorter ones are local or emergency numbers
WHOLE_MIN = 10  # digits of a group that is a number of its own
NORTH_AMERICA, PHILIPPINES = 1, 63  # country codes
NON_GEOGRAPHIC = "001"  # libphonenumber's region of +800, +870 and the like

# Names of regions for which ISO has another name than people use.
COUNTRY_NAMES = {
    NON_GEOGRAPHIC: "International", "AC": "Ascension Island", "CD": "Congo (Kinshasa)", "CG": "Congo (Brazzaville)",
    "FK": "Falkland Islands", "FM": "Micronesia", "MF": "Saint Martin", "PS": "Palestine", "RU": "Russia",
    "SH": "Saint Helena", "SX": "Sint Maarten", "TA": "Tristan da Cunha", "VA": "Vatican City",
    "VG": "British Virgin Islands", "VI": "U.S. Virgin Islands", "XK": "Kosovo",
}  # fmt: skip

# "x12", "ext. 12", "#12", and "local 12" as in the Philippines.
EXTENSION = re.compile(
    rf"(?<=\d)[\s,;.()-]*(?:extension|extn?|ext|x|local|loc|#)[\s.:#]*(\d{{1,{EXTENSION_MAX}}})(?!\d)\)?", re.IGNORECASE
)
# A country code with words before the rest of the number: "+63 (mobile) 917 123 4567".
LONE_COUNTRY_CODE = re.compile(r"(\+\d{1,3})[^\d+]+(?=\d)")
# A remark with digits that are not part of a number: "(2nd line)", "9am", "24/7".
REMARK = re.compile(r"\([^()]*[^\W\d_][^()]*\)|\b24/7\b|(?<!\d)\d{1,2}(?:am|pm|h|hrs|st|nd|rd|th)\b", re.IGNORECASE)
# Digits with separators, then "x" and an extension as plain() writes it.
RUN = re.compile(rf"(\++[\s(]*)?(\d(?:[\s\d().,;/·•_‐–—−-]*\d)?)(?:x(\d{{1,{EXTENSION_MAX}}}))?")
BETWEEN_NUMBERS = re.compile(r"\s*[\n/,;]\s*|\s+[‐–—−-]\s+|[^\S\n]{2,}")
# A toll-free number of North America in letters: "1-800-FLOWERS". After other area codes, letters are often a remark.
VANITY = re.compile(r"(?:\+?1)?[\s.(-]*(8(?:00|33|44|55|66|77|88))[\s.)-]*([a-z\d][a-z\d\s.-]*)", re.IGNORECASE)
TEN_DIGITS = re.compile(r"1?[2-9]\d{9}")  # of North America, with or without its trunk prefix
KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


@dataclass(frozen=True)
class Reading:
    """A valid number. `extension` has digits or is empty; `region` is ISO 3166 alpha-2, or NON_GEOGRAPHIC."""

    e164: str
    extension: str
    region: str

    @property
    def label(self) -> str:
        """For people, such as `Philippines +63 2 8123 4567 ext. 12`."""
        extension = f" ext. {self.extension}" if self.extension else ""
        return f"{country_name(self.region)} {readable(self.e164)}{extension}"


@dataclass(frozen=True)
class Dialled:
    """The digits that were typed. `country_code` is the first group if it may be one: `44` in `44 7911 …`."""

    digits: str
    extension: str
    international: bool
    country_code: str = ""


def readings(text: str, regions: Sequence[str]) -> list[Reading]:
    """
    The distinct valid numbers that the text can mean; an empty list if there is none.

    A number with its country code has one reading. One without is read in each of `regions` (ISO 3166 alpha-2, the
    countries in which the company has a line), in that order. Of several numbers the first one that has a reading
    is used. Only the first TEXT_MAX characters are read. Raises nothing.
    """
    text = plain(text)
    for candidate in (REMARK.sub(" ", text), text):
        for dialled in dialled_numbers(LONE_COUNTRY_CODE.sub(r"\1 ", candidate)):
            if numbers := read(dialled, regions):
                return numbers
    return vanity_readings(text, regions)


def regions_of(e164_numbers: Iterable[str]) -> list[str]:
    """The distinct regions of the company's lines, in their order. Impossible numbers are skipped."""
    return [region for region in dict.fromkeys(map(region_of_line, e164_numbers)) if region]


def readable(e164: str) -> str:
    """The number in international notation (`+63 917 123 4567`), or the text itself if it is no such number."""
    number = parse(e164)
    return e164 if number is None else phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def country_name(region: str) -> str:
    """The usual English name of a region, or the region itself if it has none."""
    if region in COUNTRY_NAMES:
        return COUNTRY_NAMES[region]
    country = pycountry.countries.get(alpha_2=region)
    return region if country is None else str(getattr(country, "common_name", country.name))


def plain(text: str) -> str:
    """The text in ASCII digits and half-width signs, without invisible characters; each extension is an `x12`."""
    text = text.strip()
    if len(text) > TEXT_MAX:  # without the beginning of a number at the end
        text = re.sub(r"[\s\d+().,;/-]+$", "", text[:TEXT_MAX])
    if text.isascii():
        return EXTENSION.sub(r"x\1 ", text)
    characters = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            characters.append(str(unicodedata.decimal(character)))
        elif category != "Cf":
            characters.append(character)
    return EXTENSION.sub(r"x\1 ", "".join(characters))


def dialled_numbers(text: str) -> Iterator[Dialled]:
    """
    The candidates in the text, the most likely first: each run of digits as a whole, then its parts.

    The parts of a run with a country code are candidates only if the first one is long enough to be a number: the rest
    of an invalid foreign number must not be read as a national one.
    """
    for run in RUN.finditer(text):
        plus, digits, extension = run[1], run[2], run[3] or ""
        yield parse_digits(digits, extension, bool(plus))
        for pieces, digits_min in ((BETWEEN_NUMBERS.split(digits), NATIONAL_MIN), (digits.split(), WHOLE_MIN)):
            lengths = [len(only_digits(piece)) for piece in pieces]
            if len(pieces) == 1 or (plus and lengths[0] < digits_min):
                continue
            for position, (piece, length) in enumerate(zip(pieces, lengths, strict=True)):
                if length >= digits_min:
                    is_last = position == len(pieces) - 1
                    yield parse_digits(piece, extension if is_last else "", bool(plus) and position == 0)


def parse_digits(text: str, extension: str, plus: bool) -> Dialled:
    """The digits of a text. `00` stands for "+"; "+" before a zero is ignored: no country code starts with zero."""
    digits = only_digits(text)
    if digits.startswith("00"):
        return Dialled(digits[2:], extension, international=True)
    if plus and not digits.startswith("0"):
        return Dialled(digits, extension, international=True)
    first_group = re.match(r"\d{1,3}(?!\d)", text)
    return Dialled(digits, extension, international=False, country_code=first_group[0] if first_group else "")


def read(dialled: Dialled, regions: Sequence[str]) -> list[Reading]:
    """The distinct valid readings of one number."""
    if dialled.international:
        return to_readings([(valid_number(parse("+" + dialled.digits)), "")], dialled.extension)
    if len(dialled.digits) < NATIONAL_MIN:
        return []
    ours = to_readings([(in_region(dialled.digits, region), region) for region in regions], dialled.extension)
    return ours or to_readings([(without_plus(dialled), "")], dialled.extension)


def to_readings(numbers: Iterable[tuple[PhoneNumber | None, str]], extension: str) -> list[Reading]:
    """One Reading for each distinct number. The pairs are a number and the region in which it was read, or empty."""
    by_e164: dict[str, Reading] = {}
    for number, region in numbers:
        if number is not None:
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            by_e164.setdefault(e164, Reading(e164, extension, region_of(number, region)))
    return list(by_e164.values())


def in_region(digits: str, region: str) -> PhoneNumber | None:
    """The number dialled from a region, or with the region's country code and no "+"."""
    code = str(phonenumbers.country_code_for_region(region))
    if code == str(NORTH_AMERICA) and not TEN_DIGITS.fullmatch(digits):
        return None  # saves the time to parse it
    number = valid_number(parse(digits, region))
    return valid_number(parse("+" + digits)) if number is None and digits.startswith(code) else number


def without_plus(dialled: Dialled) -> PhoneNumber | None:
    """
    The number in another country than the company's lines: after `011`, or with the country code as first group.

    Without such a sign there is no reading: a mistyped national number can be valid in another country.
    """
    if dialled.digits.startswith("011"):  # the international prefix of North America
        return valid_number(parse("+" + dialled.digits[3:]))
    number = valid_number(parse("+" + dialled.digits))
    return number if number is not None and str(number.country_code) == dialled.country_code else None


def vanity_readings(text: str, regions: Sequence[str]) -> list[Reading]:
    """The reading of `1-800-FLOWERS` in the first North American region; letters after the seventh are ignored."""
    match = VANITY.search(text)
    region = next((name for name in regions if phonenumbers.country_code_for_region(name) == NORTH_AMERICA), None)
    if match is None or region is None:
        return []
    keys = re.sub(r"[^A-Z\d]", "", match[2].upper()).translate(KEYS)
    number = valid_number(parse(f"+1{match[1]}{keys[:7]}"))
    return to_readings([(number, region)], "")


def only_digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def parse(text: str, region: str | None = None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def valid_number(number: PhoneNumber | None) -> PhoneNumber | None:
    """
    The number if its number plan contains it, else None. Old numbers of Metro Manila get the digit 8 of October 2019.

    8 is the digit of PLDT, the largest operator. Globe's numbers got 7 and Bayan's 3, but the old number does not show
    its operator.
    """
    if number is None:
        return None
    if number.country_code == PHILIPPINES and (manila := re.fullmatch(r"2(\d{5,7})", str(number.national_number))):
        # libphonenumber still knows six digits as a number of the time before
        number = PhoneNumber(country_code=PHILIPPINES, national_number=int(f"28{manila[1]}"))
    return number if phonenumbers.is_valid_number(number) else None


def region_of(number: PhoneNumber, dialled_in: str = "") -> str:
    """The region of the number. Several countries share +1; a number that was read in one of them belongs to it."""
    if dialled_in and number.country_code == phonenumbers.country_code_for_region(dialled_in):
        return dialled_in
    return phonenumbers.region_code_for_number(number) or NON_GEOGRAPHIC


def region_of_line(e164: str) -> str:
    """The region of a line of the company, by its country code if its number plan is old; else empty."""
    number = parse(e164)
    if number is None or not phonenumbers.is_possible_number(number):
        return ""
    current = valid_number(number)
    region = (
        phonenumbers.region_code_for_country_code(number.country_code or 0) if current is None else region_of(current)
    )
    return "" if region == NON_GEOGRAPHIC else region
