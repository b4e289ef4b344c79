import pytest

from company.models import Company
from company.single_row import split_lines
from tests import build


@pytest.mark.django_db
def test_loading_without_a_row_returns_unsaved_defaults():
    assert Company.load().name == "Our company"
    assert not Company.objects.exists()
    build.company(name="Bayani Partners")
    assert Company.load().name == "Bayani Partners"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", []),
        (" \n\n", []),
        ("a@site.example", ["a@site.example"]),
        (" one\r\n\n two words \n", ["one", "two words"]),
    ],
)
def test_a_text_is_split_into_its_entries(text, entries):
    assert split_lines(text) == entries
