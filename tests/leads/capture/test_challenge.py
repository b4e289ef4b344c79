from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.capture.challenge import (
    WORDS,
    Challenge,
    ChallengeError,
    fresh_challenge,
    parse_number,
    read_challenge,
    window_challenge,
)
from tests.build import NOON


def test_the_question_is_a_sum():
    challenge = window_challenge(NOON)
    one, other = challenge.numbers
    assert challenge.question == f"What is {one} + {other}?"


def test_all_pages_of_one_window_have_the_same_challenge():
    tokens = {window_challenge(NOON + timedelta(seconds=second)).token for second in range(600)}
    assert len(tokens) == 1
    assert window_challenge(NOON + timedelta(seconds=600)).token not in tokens


def test_a_fresh_challenge_is_for_one_visitor():
    assert fresh_challenge(NOON).token != fresh_challenge(NOON).token


def test_a_fresh_question_differs_from_the_one_before():
    before = window_challenge(NOON)
    assert all(fresh_challenge(NOON, unlike=before).question != before.question for _ in range(1000))


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=24), timedelta(hours=47, minutes=49)])
def test_a_token_of_a_cached_page_is_accepted(age):
    challenge = window_challenge(NOON)
    assert read_challenge(challenge.token, NOON + age) == challenge


@pytest.mark.parametrize("age", [timedelta(hours=48, seconds=1), timedelta(days=400), timedelta(minutes=-6)])
def test_an_expired_or_future_token_is_refused(age):
    token = Challenge("id", int(NOON.timestamp())).token
    with pytest.raises(ChallengeError, match="expired"):
        read_challenge(token, NOON + age)


@given(st.text())
def test_an_unsigned_token_is_refused(text):
    with pytest.raises(ChallengeError):
        read_challenge(text, NOON)


@given(st.integers(min_value=0), st.characters())
def test_a_changed_token_is_refused(position, character):
    token = window_challenge(NOON).token
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        with pytest.raises(ChallengeError):
            read_challenge(changed, NOON)


def test_a_token_of_a_former_secret_key_is_refused(settings):
    token = window_challenge(NOON).token
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one"
    with pytest.raises(ChallengeError):
        read_challenge(token, NOON)


@given(st.text(min_size=1), st.integers(min_value=0, max_value=2**33))
def test_a_token_is_read_back_as_its_challenge(id_, issued_at):
    challenge = Challenge(id_, issued_at)
    at = NOON.fromtimestamp(issued_at, NOON.tzinfo)
    assert read_challenge(challenge.token, at) == challenge


@given(st.text(min_size=1, max_size=20))
def test_the_id_determines_the_numbers_and_sums_have_a_word(id_):
    challenge = Challenge(id_, 0)
    assert challenge.numbers == Challenge(id_, 999).numbers
    assert all(1 <= number <= 9 for number in challenge.numbers)
    assert challenge.is_answered_by(str(sum(challenge.numbers)))
    assert challenge.is_answered_by(WORDS[sum(challenge.numbers)])
    assert not challenge.is_answered_by(str(sum(challenge.numbers) + 1))


@pytest.mark.parametrize(
    "text",
    ["11", " 11 ", "eleven", "Eleven", " ELEVEN. ", "Eleven.", "１１", "011", "\u3000１１", "١١", "११", "๑๑",
     "= 11", "=11", "+11", "11,", "11.", "11!", "(11)", '"11"', "“11”", "'11'", "(eleven)", "7 + 4 = 11", "7+4=11",
     "7+4=11.", "7 + 4 = eleven", "11 =", "＝１１", "十一", "十一。", "4 + 7 = 十一", " " * 100 + "11"],
)  # fmt: skip
def test_eleven_is_read_in_many_notations(text):
    assert parse_number(text) == 11


@pytest.mark.parametrize(
    ("text", "number"),
    [("= 9", 9), ("+9", 9), ("9,", 9), ("(9)", 9), ("9.", 9), ('"9"', 9), ("7 + 2 = 9", 9), ("９", 9), ("٩", 9),
     ("९", 9), ("九", 9), ("一", 1), ("十", 10), ("十八", 18), ("eighteen", 18)],
)  # fmt: skip
def test_a_number_is_read_with_its_punctuation(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "=", "one one", "11.0", "0x0b", "1e1", "-9", "(-9)", "= -9", "+-9", "−9", "- 9", ".9", "99999", "eleventy",
     "7 + 2", "7 2", "十九", "一一", "9" * 41, "7 + 2 = 9" + "!" * 40, pytest.param("\u0301" * 58_000, id="long")],
)  # fmt: skip
def test_text_without_a_number_is_none(text):
    assert parse_number(text) is None


@given(st.text())
def test_any_answer_is_read_without_an_error(text):
    parse_number(text)
