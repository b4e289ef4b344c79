from datetime import timedelta

import pytest

from leads.models import Lead
from leads.reference import grouped
from leads.triage.search import search_leads
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    lead = build.lead(
        first_name="Ana María",
        last_name="Reyes",
        email="ana@münchen.de",
        phone="+639171234567",
        phone_as_typed="0917 123 4567",
    )
    build.lead(first_name="Ben", last_name="Cruz", email="ben@example.com", phone="+13035866566")
    return lead


def search(text: str) -> list[Lead]:
    return list(search_leads(Lead.objects.all(), text))


@pytest.mark.parametrize(
    "text",
    [
        "Reyes",
        "reyes",
        "ana maría",
        "Reyes Ana",
        "ana@münchen.de",
        "münchen",
        "0917 123 4567",
        "09171234567",
        "+63 917 123 4567",
        "(0917) 123-4567",
        "639171234567",
        "1234567",
        "917 123",
    ],
)
def test_a_lead_is_found_by_part_of_its_data(ana, text):
    assert search(text) == [ana]


@pytest.mark.parametrize("notation", ["{}", " {} ", "lower", "bare"])
def test_a_lead_is_found_by_its_reference(ana, notation):
    code = grouped(ana.submissions.get().reference)
    typed = {"lower": code.lower(), "bare": code.replace("-", "")}.get(notation, notation.format(code))
    assert search(typed) == [ana]


def test_a_lead_is_found_by_text_of_a_later_enquiry(ana):
    accept(build.submission(first_name="Annie", email=ana.email, received_at=build.NOON + timedelta(days=1)))
    assert search("annie") == [ana]


def test_a_lead_with_many_enquiries_is_found_once(ana):
    for _ in range(3):
        build.lead(last_name="Reyes", email="ana@münchen.de")
    assert search("reyes") == [ana]


@pytest.mark.parametrize("text", ["nobody", "zz", "0918 765 4321", "%", "_", "7KQ2-M4XW", "Ana Cruz", "'; DROP TABLE"])
def test_other_text_finds_no_lead(ana, text):
    assert search(text) == []
