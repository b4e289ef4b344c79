import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads.normalise import normalise_email, normalise_name, normalise_phone, normalise_requirements

anything = st.text(max_size=200)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ana", "Ana"),
        ("  María   José ", "María José"),
        ("Jose\u0301", "José"),
        ("李", "李"),
        ("O’Brien-Smith Jr.", "O’Brien-Smith Jr."),
        ("Ng", "Ng"),
        ("محمد", "محمد"),
        ("\u202eAna", "Ana"),
        ("St. John", "St. John"),
        ("a" * 80, "a" * 80),
    ],
)
def test_a_name_of_any_script_is_taken(typed, stored):
    assert normalise_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "no_letter"),
        ("12345", "no_letter"),
        ("Ana\nReyes", "control"),
        ("Ana\tReyes", "control"),
        ("Ana\x00", "control"),
        ("Ana\x1b[31m", "control"),
        ("Ana\u2028Reyes", "control"),
        ("http://example.com", "url"),
        ("Ana www.example.com", "url"),
        ("win at casino.com", "url"),
        ("bit.ly/x1", "url"),
        ("a" * 81, "max_length"),
    ],
)
def test_what_is_no_name_is_refused(typed, code):
    with pytest.raises(ValidationError) as error:
        normalise_name(typed)
    assert error.value.code == code


@given(anything)
def test_a_name_is_normal_or_refused(text):
    try:
        name = normalise_name(text)
    except ValidationError:
        return
    assert 1 <= len(name) <= 80
    assert unicodedata.is_normalized("NFC", name)
    assert name == " ".join(name.split())
    assert not any(unicodedata.category(character) == "Cc" for character in name)
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    ("typed", "e164", "extension"),
    [
        ("0917 123 4567", "+639171234567", None),
        ("+63 917 123 4567", "+639171234567", None),
        ("(+63) 917-123-4567", "+639171234567", None),
        ("0063 917 123 4567", "+639171234567", None),
        ("(02) 8123 4567", "+63281234567", None),
        ("+1 (303) 586-6566", "+13035866566", None),
        ("(+1) 303-586-6566", "+13035866566", None),
        ("+44 20 7946 0958", "+442079460958", None),
        ("+49 30 901820", "+4930901820", None),
        ("+1 303 586 6566 ext. 12", "+13035866566", "12"),
        ("(02) 8123 4567 local 105", "+63281234567", "105"),
        ("tel:+63-917-123-4567", "+639171234567", None),
        ("０９１７　１２３　４５６７", "+639171234567", None),
    ],
)
def test_a_phone_number_is_read_as_people_write_it(typed, e164, extension):
    number = normalise_phone(typed)
    assert (number.as_e164, number.extension) == (e164, extension)


@pytest.mark.parametrize("typed", ["", "12", "call me", "0917 123", "+1 000 000 0000", "+999 123 456 789", "0" * 90])
def test_a_number_that_cannot_exist_is_refused_with_an_example(typed):
    with pytest.raises(ValidationError, match="0917 123 4567"):
        normalise_phone(typed)


@given(anything)
def test_a_phone_number_is_e164_or_refused(text):
    try:
        number = normalise_phone(text)
    except ValidationError:
        return
    assert len(number.as_e164) <= 16
    assert len(number.extension or "") <= 20
    assert normalise_phone(number.as_e164).as_e164 == number.as_e164


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" ana@example.com ", "ana@example.com"),
        ("Ana.Reyes@EXAMPLE.COM", "Ana.Reyes@example.com"),
        ("ana@xn--mnchen-3ya.de", "ana@münchen.de"),
        ("ana@MÜNCHEN.de", "ana@münchen.de"),
        ("ana+bpo@example.com", "ana+bpo@example.com"),
    ],
)
def test_an_email_address_is_normalised(typed, stored):
    assert normalise_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "ana", "ana@", "@example.com", "ana@@example.com", "ana@example", "ana @example.com",
     "ana@example.com\nBcc: x@y.z", "ana@[127.0.0.1]", "a@" + "b" * 60 + ("." + "b" * 60) * 3 + ".example.com"],
)  # fmt: skip
def test_what_is_no_email_address_is_refused(typed):
    with pytest.raises(ValidationError, match="such as ana@example"):
        normalise_email(typed)


@given(anything | st.emails())
def test_an_email_address_is_normal_or_refused(text):
    try:
        address = normalise_email(text)
    except ValidationError:
        return
    assert len(address) <= 254
    local, domain = address.rsplit("@", 1)
    assert local
    assert domain == domain.lower()
    assert normalise_email(address) == address


def test_requirements_keep_their_line_breaks():
    assert normalise_requirements("  Ten desks\r\n\r\nMakati\rMarch\n") == "Ten desks\n\nMakati\nMarch"


@pytest.mark.parametrize(
    ("text", "code"), [("Ten desks", "min_length"), (" " * 50, "min_length"), ("a" * 4001, "max_length")]
)
def test_requirements_are_of_a_length_that_helps(text, code):
    with pytest.raises(ValidationError) as error:
        normalise_requirements(text)
    assert error.value.code == code


def test_a_browser_and_we_count_the_longest_text_alike():
    assert len(normalise_requirements("a\r\n" * 1999 + "bb")) == 4000


@given(anything)
def test_requirements_are_normal_or_refused(text):
    try:
        stored = normalise_requirements(text)
    except ValidationError:
        return
    assert 10 <= len(stored) <= 4000
    assert "\r" not in stored
    assert normalise_requirements(stored) == stored
