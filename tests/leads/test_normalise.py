import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads.normalise import is_placeholder, normalise_email, normalise_name, normalise_requirements

anything = st.text(max_size=200)
COMBINING_MARKS = "\u0323\u0301" * 14_500  # 58 KB in UTF-8


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ana", "Ana"),
        ("  María   José ", "María José"),
        ("Jose\u0301", "José"),
        ("Jose\u200b\u0301", "José"),
        ("李", "李"),
        ("山田", "山田"),
        ("O’Brien-Smith Jr.", "O’Brien-Smith Jr."),
        ("O'Brien", "O'Brien"),
        ("D’Angelo", "D’Angelo"),
        ("Ng", "Ng"),
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        (unicodedata.normalize("NFD", "Nguyễn Văn An"), "Nguyễn Văn An"),
        ("محمد", "محمد"),
        ("St. John", "St. John"),
        ("St.John/Smith", "St.John/Smith"),
        ("A.Net", "A.Net"),
        ("J.Info", "J.Info"),
        ("win at casino.com", "win at casino.com"),  # left to screening
        ("a" * 85, "a" * 85),
        ("a" * 200, "a" * 200),
        ("e\u0323\u0302" * 200, "ệ" * 200),
        ("Ana" + " " * 1000 + "\n", "Ana"),
    ],
)
def test_a_name_of_any_script_is_accepted(typed, stored):
    assert normalise_name(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["Ana\nReyes", "Ana\tReyes", "Ana\r\nReyes", "Ana\u2028Reyes", "Ana\x0bReyes", "Ana\u3000Reyes", "Ana\xa0Reyes",
     "\x00Ana Reyes", "Ana\x07 Reyes", "\ufeffAna Reyes", "A\u00adna Reyes", "A\u200bna Reyes", "\u202eAna Reyes",
     "Ana\u2066 Reyes", "A\u200dna Re\u200cyes", "Ana \u3164Reyes", "Ana Reyes\U000e0041", "Ana Reyes\ud800"],
)  # fmt: skip
def test_white_space_and_invisible_characters_are_cleaned_up(typed):
    assert normalise_name(typed) == "Ana Reyes"


@pytest.mark.parametrize(
    "name",
    ["علی\u200cرضا", "क्\u200dष", "ශ්\u200dරී", "സുനില്\u200d", "নূর", "หญิง", "ខ្មែរ"],
)  # fmt: skip
def test_joiners_and_marks_of_spelling_are_kept(name):
    assert normalise_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "no_letter"),
        ("12345", "no_letter"),
        ("?", "no_letter"),
        ("-1-", "no_letter"),
        ("\u3164", "no_letter"),
        ("\u200b", "no_letter"),
        ("http://example.com", "url"),
        ("Ana www.example.com", "url"),
        ("WWW.example.com", "url"),
        ("a" * 201, "max_length"),
        pytest.param("a" * 58_000, "max_length", id="58 KB"),
        pytest.param(COMBINING_MARKS, "max_length", id="58 KB of combining marks"),
    ],
)
def test_an_invalid_name_is_refused(typed, code):
    with pytest.raises(ValidationError) as error:
        normalise_name(typed)
    assert error.value.code == code


@pytest.mark.parametrize("typed", ["-", ".", "–", "—", "_", "--", "...", "-.-", "n/a", "N/A", " - "])
def test_a_placeholder_is_accepted_as_typed(typed):
    assert normalise_name(typed) == typed.strip()
    assert is_placeholder(typed)


@pytest.mark.parametrize("name", ["", "Ana", "Na", "none", "A-", "- -", "1", "*"])
def test_a_name_is_no_placeholder(name):
    assert not is_placeholder(name)


@given(anything)
def test_any_text_is_a_normalised_name_or_refused(text):
    try:
        name = normalise_name(text)
    except ValidationError:
        return
    assert 1 <= len(name) <= 200
    assert unicodedata.is_normalized("NFC", name)
    assert name == " ".join(name.split())
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" ana@example.com ", "ana@example.com"),
        ("Ana.Reyes@EXAMPLE.COM", "Ana.Reyes@example.com"),
        ("ana@xn--mnchen-3ya.de", "ana@münchen.de"),
        ("ana@MÜNCHEN.de", "ana@münchen.de"),
        ("ana+bpo@example.com", "ana+bpo@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_an_email_address_is_normalised(typed, stored):
    assert normalise_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "Ana Reyes <Ana@example.com>",
        '"Reyes, Ana" <Ana@example.com>',
        "Ana@example.com <Ana@example.com>",
        "<Ana@example.com>",
        "<Ana@example.com>;",
        "mailto:Ana@example.com",
        "MAILTO:Ana@example.com?subject=Hello",
        "<mailto:Ana@example.com>",
        '"Ana@example.com"',
        "'Ana@example.com'",
        "“Ana@example.com”",
        "«Ana@example.com»",
        '"Ana@example.com",',
        "(Ana@example.com)",
        "Ana@example.com.",
        "Ana@example.com,",
        "Ana@example.com;",
        "Ana@example.com。",
        "Ana @ example.com",
        "Ana @example.com",
        "Ana@ example.com",
        "Ana＠example.com",
        "Ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "Ana@example。com",
        "\ufeffAna@example.com",
        "Ana@\u200bexam\u00adple.com",
        "\u202aAna@example.com\u202c",
        "Ana@example.com\n",
    ],
)
def test_text_around_an_email_address_is_removed(typed):
    assert normalise_email(typed) == "Ana@example.com"


@pytest.mark.parametrize(
    "typed",
    ["ana@example.com, ben@example.com", "ana@example.com;ben@example.com", "ana@example.com ben@example.com",
     "ana@example.com or ben@example.com", "ana@example.com/ben@example.com", "ana@example.com\nBcc: x@y.z",
     "ana@example.com <ben@example.com>", "<ana@example.com>, <ben@example.com>"],
)  # fmt: skip
def test_two_email_addresses_are_refused(typed):
    with pytest.raises(ValidationError, match="Enter one e-mail address, such as ana@example") as error:
        normalise_email(typed)
    assert error.value.code == "several_emails"


@pytest.mark.parametrize(
    "typed",
    ["", "ana", "ana@", "@example.com", "ana@@example.com", "ana@example", "ana reyes@example.com", "<>", "mailto:",
     '"', "ana@[127.0.0.1]", "ana@example com", "a@" + "b" * 60 + ("." + "b" * 60) * 3 + ".example.com",
     pytest.param("a" * 58_000 + "@example.com", id="58 KB"), pytest.param(COMBINING_MARKS, id="58 KB of marks")],
)  # fmt: skip
def test_an_invalid_email_address_is_refused(typed):
    with pytest.raises(ValidationError, match="such as ana@example") as error:
        normalise_email(typed)
    assert error.value.code == "invalid_email"


@given(anything | st.emails() | st.text(alphabet="ab.@<>,;:\"'“()[]\uff20 \u200b\u200d", max_size=40))
def test_any_text_is_a_normalised_address_or_refused(text):
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
    "text",
    ["5 agents", "Ten desks", "programmers", "我们需要十个客服", "需要十个设计师", "需要客服",
     "デザイナー", "상담원 5명", "콜센터상담원",
     "ต้องการพนักงาน", "call-centre", "0917 123 4567"],
)  # fmt: skip
def test_short_meaningful_requirements_are_accepted(text):
    assert normalise_requirements(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " " * 50, "x", "test", "agents", "!" * 12, "!!! ??? ...", "- x -", "123", "客服", "你好", "\u202e" * 20],
)
def test_meaningless_requirements_are_refused(text):
    with pytest.raises(ValidationError, match="Tell us a little more: skills") as error:
        normalise_requirements(text)
    assert error.value.code == "min_length"


def test_requirements_lose_bidirectional_controls():
    assert normalise_requirements("Ten \u202edesks\u2066 by\u200f March\u061c") == "Ten desks by March"


def test_requirements_keep_joiners_and_emoji():
    assert normalise_requirements("می\u200cخواهیم 👩\u200d💻 ×5") == "می\u200cخواهیم 👩\u200d💻 ×5"


@pytest.mark.parametrize(("length", "words"), [(4001, "now 4,001"), (5123, "now 5,123"), (58_000, "now 58,000")])
def test_too_long_requirements_are_refused_with_their_length(length, words):
    with pytest.raises(ValidationError, match=f"Shorten the text to 4,000 characters .{words}.") as error:
        normalise_requirements("a" * length)
    assert error.value.code == "max_length"


def test_browser_and_server_count_characters_alike():
    assert len(normalise_requirements("a\r\n" * 1999 + "bb")) == 4000
    assert len(normalise_requirements("e\u0301" * 4000)) == 4000


@given(anything)
def test_any_text_is_normalised_requirements_or_refused(text):
    try:
        stored = normalise_requirements(text)
    except ValidationError:
        return
    assert 3 <= len(stored) <= 4000  # "a b"
    assert "\r" not in stored
    assert unicodedata.is_normalized("NFC", stored)
    assert normalise_requirements(stored) == stored


@pytest.mark.parametrize("normalise", [normalise_name, normalise_email, normalise_requirements])
def test_a_far_too_long_text_is_refused_without_normalisation(normalise, monkeypatch):
    def normalize(form, text):
        raise AssertionError("a long text was normalised")

    with monkeypatch.context() as patch:  # pytest itself normalises what it prints
        patch.setattr(unicodedata, "normalize", normalize)
        with pytest.raises(ValidationError):
            normalise(COMBINING_MARKS)
