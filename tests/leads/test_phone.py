import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.phone import TEXT_MAX, Reading, country_name, readable, readings, regions_of

LINES = ["PH", "US"]
MOBILE = [("+639171234567", "", "PH")]
MANILA = [("+63287796540", "", "PH")]


def read(text, regions=LINES):
    return [(reading.e164, reading.extension, reading.region) for reading in readings(text, regions)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0917 123 4567", MOBILE),  # not a US number: none begins with a zero
        ("(303) 586-6566", [("+13035866566", "", "US")]),
        ("1 303 586 6566", [("+13035866566", "", "US")]),
        ("(917) 555-0123", [("+639175550123", "", "PH"), ("+19175550123", "", "US")]),
        ("917 555 0123 x12", [("+639175550123", "12", "PH"), ("+19175550123", "12", "US")]),
        ("1-800-356-9377", [("+6318003569377", "", "PH"), ("+18003569377", "", "US")]),
        ("(02) 8123 4567", [("+63281234567", "", "PH")]),
    ],
)
def test_a_number_without_country_code_is_read_per_phone_line(typed, expected):
    assert read(typed) == expected


def test_readings_are_in_the_order_of_the_phone_lines():
    assert [region for _, _, region in read("(917) 555-0123", ["US", "PH"])] == ["US", "PH"]


def test_countries_that_share_a_number_plan_have_one_reading():
    assert read("303 586 6566", ["CA", "US"]) == [("+13035866566", "", "CA")]


@pytest.mark.parametrize("regions", [[], ["XX"], [""]])
def test_without_phone_lines_a_country_code_is_needed(regions):
    assert read("0917 123 4567", regions) == []
    assert read("+63 917 123 4567", regions) == MOBILE


@pytest.mark.parametrize(
    "typed", ["(+632) 7796540", "(02) 779 6540", "+63 2 779 6540", "632 7796540", "(632) 779-6540", "02-779-6540"]
)
def test_old_metro_manila_numbers_get_the_prefix_8(typed):
    assert read(typed) == MANILA


@pytest.mark.parametrize(
    "typed",
    [
        "+63 917 123 4567",
        "(+63) 917-123-4567",
        "+63 (0)917 123 4567",
        "+63 0917 123 4567",
        "+ 63 917 123 4567",
        "++63 917 123 4567",
        "+0917 123 4567",
        "0063 917 123 4567",
        "00 63 917 123 4567",
        "011 63 917 123 4567",
        "63 917 123 4567",
        "639171234567",
        "(63) 917 123 4567",
        "0917/123/4567",
        "0917.123.4567",
        "0917-123-4567",
        "0917–123–4567",
        "０９１７ １２３ ４５６７",
        "０９１７　１２３　４５６７",
        "＋６３ ９１７ １２３ ４５６７",
        "٠٩١٧ ١٢٣ ٤٥٦٧",
        "\u202a+63 917 123 4567\u202c",  # as copied from the contacts of Windows
        "0917\u00ad123\u200b4567",
        "0917 123 4567",
        "tel:+63-917-123-4567",
        " 0917 123 4567 ",
    ],
)
def test_a_number_is_read_in_any_notation(typed):
    assert read(typed) == MOBILE


@pytest.mark.parametrize(
    "typed",
    [
        "0917 123 4567 (Viber)",
        "Viber 0917 123 4567",
        "0917 123 4567 (mobile)",
        "0917 123 4567 (2nd line)",
        "Tel: 0917 123 4567",
        "Tel. No.: 0917 123 4567",
        "cell 0917 123 4567",
        "cell:09171234567",
        "(mobile: 0917 123 4567)",
        "Viber (0917 123 4567)",
        "WhatsApp +63 917 123 4567",
        "+63 (mobile) 917 123 4567",
        "0917 123 4567 - home",
        "home - 0917 123 4567",
        "0917 123 4567 9am-5pm",
        "0917 123 4567, 24/7",
    ],
)
def test_words_around_a_number_are_ignored(typed):
    assert read(typed) == MOBILE


@pytest.mark.parametrize(
    "typed",
    [
        "0917 123 4567 or 0918 222 3333",
        "0917 123 4567 / 0918 222 3333",
        "0917 123 4567/0918 222 3333",
        "0917 123 4567; 0918 222 3333",
        "0917 123 4567;0918 222 3333",
        "0917 123 4567, 0918 222 3333",
        "0917 123 4567,0918 222 3333",
        "0917 123 4567 and 0918 222 3333",
        "0917 123 4567 & 0918 222 3333",
        "0917 123 4567\n0918 222 3333",
        "0917 123 4567\r\n0918 222 3333",
        "0917 123 4567 - 0918 222 3333",
        "0917 123 4567   0918 222 3333",
        "09171234567 09182223333",
        "+63 917 123 4567 / +63 918 222 3333",
        "+63 917 123 4567 / 0918 222 3333 or 0919 333 4444",
        "0917 123 4567 or (303) 586-6566",
        "12 / 0917 123 4567",
    ],
)
def test_the_first_readable_of_several_numbers_is_read(typed):
    assert read(typed) == MOBILE


def test_the_last_digits_of_a_second_line_are_ignored():
    assert read("(02) 8123 4567/68") == [("+63281234567", "", "PH")]


@pytest.mark.parametrize(
    "typed",
    [
        "(02) 8123 4567 loc 12",
        "(02) 8123 4567 loc. 12",
        "(02) 8123 4567 local 12",
        "(02) 8123 4567 (local 12)",
        "(02) 8123 4567, Local: 12",
        "(02) 8123 4567 ext. 12",
        "(02) 8123 4567 ext 12",
        "(02) 8123 4567 extension 12",
        "(02) 8123 4567 x12",
        "(02) 8123 4567 #12",
        "(02) 8123 4567 x12 (office)",
        "+63 2 8123 4567 x 12",
        "(02) 8123 4567 loc 12 or 0917 123 4567",
    ],
)
def test_an_extension_is_read_separately(typed):
    assert read(typed) == [("+63281234567", "12", "PH")]


def test_the_longest_extension_is_kept_whole():
    assert read(f"0917 123 4567 ext. {'1' * 20}") == [("+639171234567", "1" * 20, "PH")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("+44 20 7946 0958", ("+442079460958", "", "GB")),
        ("+44 (0)20 7946 0958", ("+442079460958", "", "GB")),
        ("WhatsApp +44 7400 123456", ("+447400123456", "", "GB")),
        ("WhatsApp +44 7911 123456", ("+447911123456", "", "GG")),  # Guernsey, by libphonenumber
        ("44 7400 123456", ("+447400123456", "", "GB")),
        ("+49 30 901820", ("+4930901820", "", "DE")),
        ("+49740865532228085", ("+49740865532228085", "", "DE")),
        ("+91 98765 43210", ("+919876543210", "", "IN")),
        ("91 98765 43210", ("+919876543210", "", "IN")),
        ("+81 3-1234-5678", ("+81312345678", "", "JP")),
        ("+61 412 345 678", ("+61412345678", "", "AU")),
        ("+55 11 91234-5678", ("+5511912345678", "", "BR")),
        ("+65 9123 4567", ("+6591234567", "", "SG")),
        ("65 9123 4567", ("+6591234567", "", "SG")),
        ("+234 803 123 4567", ("+2348031234567", "", "NG")),
        ("00 1 303 586 6566", ("+13035866566", "", "US")),
        ("011 44 20 7946 0958", ("+442079460958", "", "GB")),
        ("(+1) 303-586-6566", ("+13035866566", "", "US")),
        ("+1 604 555 0123", ("+16045550123", "", "CA")),
        ("+800 1234 5678", ("+80012345678", "", "001")),
    ],
)
def test_a_number_with_its_country_code_has_one_reading(typed, expected):
    assert read(typed) == [expected]


@pytest.mark.parametrize(
    "typed", ["1-800-FLOWERS", "1 800 flowers", "+1-800-FLOWERS", "(800) FLOWERS", "800-356-WERS", "Call 1-800-FLOWERS"]
)
def test_letters_of_a_number_are_read_in_north_america(typed):
    assert read(typed) == [("+18003569377", "", "US")]
    assert read(typed, ["PH"]) == []


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "12", "call me", "0917 123", "0917 123 45678", "911", "112", "117", "8888", "+63 911", "0212345",
        "+1 000 000 0000", "+999 123 456 789", "0" * 90, "+1 917 123 4567", "()", "+", "x12", "²³",
        "8123 4567",  # Metro Manila without (02), or Singapore without +65
        "447400123456",  # a foreign country code without a separator
        "312 586 65666",  # a digit too many for the US; +31 258665666 would be valid in the Netherlands
        "+999 303 586 6566", "+999 - 303 586 6566", "+99 3035866566", "+999 mobile 303 586 6566",
        "9171234567890123456789",
    ],
)  # fmt: skip
def test_other_text_has_no_reading(typed):
    assert read(typed) == []


def test_only_a_part_of_a_long_text_is_read():
    assert read("0917 123 4567 " + "call me " * 10_000) == MOBILE
    assert read(" " * 10_000 + "0917 123 4567" + " " * 10_000) == MOBILE
    assert read("9" * 10_000) == []


def test_a_number_cut_by_the_limit_is_not_read():
    text = "x" * 80 + " +49 30 901820 12345"
    assert read(text[:TEXT_MAX]) == [("+493090182012345", "", "DE")]
    assert read("xx" + text) == []


def test_a_long_text_is_not_normalised_whole(monkeypatch):
    def normalize(form, text):
        assert len(text) <= TEXT_MAX
        return text

    with monkeypatch.context() as patch:  # pytest itself normalises what it prints
        patch.setattr(unicodedata, "normalize", normalize)
        assert readings("\u0301" * 58_000, LINES) == []


@pytest.mark.parametrize(
    ("reading", "label"),
    [
        (Reading("+639175550123", "", "PH"), "Philippines +63 917 555 0123"),
        (Reading("+19175550123", "", "US"), "United States +1 917-555-0123"),
        (Reading("+442079460958", "", "GB"), "United Kingdom +44 20 7946 0958"),
        (Reading("+63281234567", "12", "PH"), "Philippines +63 2 8123 4567 ext. 12"),
    ],
)
def test_a_reading_has_a_readable_label(reading, label):
    assert reading.label == label


@pytest.mark.parametrize(
    ("region", "name"),
    [("KR", "South Korea"), ("VN", "Vietnam"), ("RU", "Russia"), ("XK", "Kosovo"), ("TW", "Taiwan"), ("ZZ", "ZZ")],
)
def test_a_country_has_its_usual_name(region, name):
    assert country_name(region) == name


@pytest.mark.parametrize(
    ("lines", "regions"),
    [
        ([], []),
        (["+6327796540", "+13035866566"], ["PH", "US"]),
        (["+13035866566", "+639171234567", "+63281234567"], ["US", "PH"]),
        (["", "call us", "0917 123 4567", "+63", "+999123456789", "+80012345678", "+442079460958"], ["GB"]),
        (["+1 000 000 0000"], ["US"]),
    ],
)
def test_the_phone_lines_determine_the_regions(lines, regions):
    assert regions_of(lines) == regions


@pytest.mark.parametrize(
    ("e164", "text"),
    [
        ("+639171234567", "+63 917 123 4567"),
        ("+13035866566", "+1 303-586-6566"),
        ("+6327796540", "+63 27796540"),  # no longer valid: shown, not corrected
        ("", ""),
        ("0917 123 4567", "0917 123 4567"),
        ("call us", "call us"),
    ],
)
def test_a_stored_number_is_formatted_for_reading(e164, text):
    assert readable(e164) == text


phone_like = st.text(alphabet="+0123456789 ()-/,;.x#abFL\n\uff10\u0661\u200b", max_size=120)


@given(st.text(max_size=200) | phone_like)
def test_any_text_has_valid_readings_or_none(text):
    numbers = readings(text, LINES)
    assert len({(reading.e164, reading.extension) for reading in numbers}) == len(numbers)
    for reading in numbers:
        assert len(reading.e164) <= 16
        assert len(reading.extension) <= 20
        assert [again.e164 for again in readings(reading.e164, LINES)] == [reading.e164]
        assert reading.label.startswith(country_name(reading.region))
    regions_of([text])
    readable(text)
