import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.reference import SYMBOLS, grouped, parse_reference, reference_of


def test_a_code_is_eight_symbols_in_two_groups():
    assert reference_of("0" * 64) == "00000000"
    assert reference_of("f" * 64) == "ZZZZZZZZ"
    assert grouped("7KQ2M4XW") == "7KQ2-M4XW"


@given(st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_a_code_is_read_back(key):
    code = reference_of(key)
    assert set(code) <= set(SYMBOLS)
    assert parse_reference(grouped(code)) == code


@pytest.mark.parametrize("typed", ["7KQ2-M4XW", "7kq2m4xw", " 7kq2 m4xw ", "7KQ2–M4XW"])
def test_a_code_is_read_in_any_notation(typed):
    assert parse_reference(typed) == "7KQ2M4XW"


def test_letters_that_look_like_digits_are_read_as_digits():
    assert parse_reference("OIL0-1111") == "01101111"


@pytest.mark.parametrize("typed", ["", "7KQ2", "7KQ2-M4XW-9", "Reyes", "UUUU-UUUU", "../../etc"])
def test_other_text_is_no_code(typed):
    assert parse_reference(typed) is None
