"""A phone number with several readings or none is questioned once, and then accepted."""

import pytest
from django.utils import timezone

from company.models import Company
from leads.admission.admit import admit_waiting
from leads.models import Lead, Submission
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lines():
    company = build.company()
    company.phone_lines.create(label="PH", number="(+632) 7796540", position=1)
    company.phone_lines.create(label="USA", number="(+1) 303-586-6566", position=2)


def post(client, phone: str, **changes):
    return client.post("/contact/", build.enquiry(phone=phone, **changes))


def stored() -> tuple[str, str]:
    submission = Submission.objects.get()
    return submission.phone, submission.phone_as_typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("(303) 586-6566", "+13035866566"),
        ("(+1) 303-586-6566", "+13035866566"),
        ("(+632) 7796540", "+63287796540"),
        ("0917 123 4567 (Viber)", "+639171234567"),
        ("0917 123 4567 or 0918 222 3333", "+639171234567"),
        ("0917 123 4567 / (303) 586-6566", "+639171234567"),
        ("0063 917 123 4567", "+639171234567"),
        ("011 63 917 123 4567", "+639171234567"),
    ],
)
def test_a_single_reading_is_stored_with_the_text_as_typed(client, typed, read):
    assert post(client, typed).status_code == 303
    assert stored() == (read, typed)


def test_the_visitor_chooses_between_readings_with_one_click(client):
    response = post(client, "(917) 555-0123")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'name="phone_taken" value="+639175550123">Philippines +63 917 555 0123</button>' in page
    assert 'name="phone_taken" value="+19175550123">United States +1 917-555-0123</button>' in page
    assert 'value="(917) 555-0123"' in page
    assert '<a href="#id_phone">This can be a number of several countries.' in page
    chosen = post(client, "(917) 555-0123", phone_asked="(917) 555-0123", phone_taken="+19175550123")
    assert chosen.status_code == 303
    assert stored() == ("+19175550123", "(917) 555-0123")


def test_sending_again_takes_the_first_reading(client):
    assert post(client, "(917) 555-0123", phone_asked="(917) 555-0123").status_code == 303
    assert stored() == ("+639175550123", "(917) 555-0123")


def test_a_choice_is_kept_beside_another_error(client):
    choice = {"phone_asked": "(917) 555-0123", "phone_taken": "+19175550123"}
    page = post(client, "(917) 555-0123", math_answer="99", **choice).content.decode()
    assert 'value="+1 917-555-0123"' in page


@pytest.mark.parametrize("forged", ["+4915112345678", "nonsense", ""])
def test_only_a_reading_can_be_chosen(client, forged):
    assert post(client, "(917) 555-0123", phone_asked="(917) 555-0123", phone_taken=forged).status_code == 303
    assert stored()[0] == "+639175550123"


def test_another_number_asks_the_question_again(client):
    assert post(client, "(917) 555-0199", phone_asked="(917) 555-0123").status_code == 422


@pytest.mark.parametrize("typed", ["12", "555 0123", "ask for Ana at the desk", "+999 123 456 789", "n/a"])
def test_an_unreadable_number_is_questioned_once_then_accepted(client, sales, typed):
    response = post(client, typed)
    assert response.status_code == 422
    assert "We cannot read this as a phone number." in response.content.decode()
    assert f'name="phone_asked" value="{typed}"' in response.content.decode()
    assert post(client, typed, phone_asked=typed).status_code == 303
    assert stored() == ("", typed)
    admit_waiting(timezone.now())
    lead = Lead.objects.get()
    for page in ["/admin/leads/lead/", f"/admin/leads/lead/{lead.pk}/change/", f"/admin/leads/lead/?q={typed[:5]}"]:
        shown = sales.get(page).content.decode()
        assert typed in shown
        assert "not read" in shown
    alert = build.deliveries(Submission.objects.get()).filter(purpose="alert")
    assert all("it could not be read as a phone number" in delivery.body for delivery in alert)


def test_a_second_number_is_shown_to_staff(client, sales):
    post(client, "0917 123 4567 or 0918 222 3333")
    admit_waiting(timezone.now())
    assert "0917 123 4567 or 0918 222 3333" in sales.get("/admin/leads/lead/").content.decode()


def test_without_phone_lines_the_home_country_is_assumed(client):
    Company.objects.all().delete()
    assert post(client, "0917 123 4567").status_code == 303


def test_sending_again_answers_two_questions(client):
    page = post(client, "(917) 555-0123", email="ana@gmial.com").content.decode()
    assert "Did you mean ana@gmail.com?" in page
    assert "several countries" in page
    answers = {"phone_asked": "(917) 555-0123", "email_asked": "ana@gmial.com", "email_taken": "ana@gmail.com"}
    assert post(client, "(917) 555-0123", email="ana@gmial.com", **answers).status_code == 303
    assert Submission.objects.get().email == "ana@gmail.com"
