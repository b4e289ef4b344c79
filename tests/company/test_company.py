import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from company.models import Company, PhoneLine
from tests import build

pytestmark = pytest.mark.django_db


def test_every_page_shows_name_and_dialable_phone_lines(client):
    company = build.company()
    company.phone_lines.create(label="PH", number="(+632) 7796540")
    for url in ["/", "/contact/", "/contact/thanks/", "/privacy/", "/not-here/"]:
        page = client.get(url).content.decode()
        assert "Bayani Partners" in page, url
        assert '<a href="tel:+6327796540">(+632) 7796540</a>' in page, url


def test_a_social_profile_is_shown_only_with_an_address(client):
    company = build.company()
    company.social_profiles.create(network="Facebook")
    company.social_profiles.create(network="LinkedIn", url="https://www.linkedin.com/company/bayani")
    page = client.get("/").content.decode()
    assert "Follow Us" in page
    assert '<a href="https://www.linkedin.com/company/bayani" rel="me noopener">LinkedIn</a>' in page
    assert "Facebook" not in page


def test_pages_answer_without_a_company(client):
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("number", ["(+632) 7796540", "(+1) 303-586-6566", "+63 917 123 4567", "+44 20 7946 0958"])
def test_a_number_with_country_code_is_dialable(number):
    PhoneLine(company=build.company(), label="PH", number=number).full_clean()


@pytest.mark.parametrize("number", ["7796540", "0917 123 4567", "+63", "+0 303 586 6566", "+63 CALL-ME"])
def test_a_number_without_a_country_code_is_refused(number):
    with pytest.raises(ValidationError, match="country code"):
        PhoneLine(company=build.company(), label="PH", number=number).full_clean()


def test_a_second_company_is_refused():
    first = build.company()
    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.bulk_create([Company(id=2, name="Another")])
    assert first.pk == 1


def company_form(**changes):
    data = {"name": "Bayani Partners", "tagline": "Teams in Manila.", "email": ""}
    for prefix in ["phone_lines", "social_profiles"]:
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return data | changes


def test_an_editor_edits_the_single_company(editor, client):
    build.company()
    response = editor.get("/admin/company/company/")
    assert response.status_code == 302
    assert response["Location"] == "/admin/company/company/1/change/"
    response = editor.post(
        response["Location"],
        company_form(
            **{
                "name": "Bayani & Partners",
                "phone_lines-TOTAL_FORMS": "1",
                "phone_lines-0-label": "PH",
                "phone_lines-0-number": "(+632) 7796540",
                "phone_lines-0-position": "0",
            }
        ),
    )
    assert response.status_code == 302
    assert PhoneLine.objects.get().dialled == "+6327796540"
    assert "Bayani &amp; Partners" in editor.get("/").content.decode()


def test_an_editor_enters_the_first_company(editor):
    assert editor.post("/admin/company/company/add/", company_form()).status_code == 302
    assert Company.objects.get().name == "Bayani Partners"
    assert editor.get("/admin/company/company/add/").status_code == 403


def test_a_wrong_phone_line_is_refused_with_an_example(editor):
    build.company()
    page = editor.post(
        "/admin/company/company/1/change/",
        company_form(
            **{
                "phone_lines-TOTAL_FORMS": "1",
                "phone_lines-0-label": "PH",
                "phone_lines-0-number": "7796540",
                "phone_lines-0-position": "0",
            }
        ),
    )
    assert page.status_code == 200
    assert "such as (+632) 7796540" in page.content.decode()
    assert not PhoneLine.objects.exists()


def test_a_social_address_without_https_is_refused(editor):
    company = build.company()
    profile = company.social_profiles.create(network="X")
    page = editor.post(
        "/admin/company/company/1/change/",
        company_form(
            **{
                "social_profiles-TOTAL_FORMS": "1",
                "social_profiles-INITIAL_FORMS": "1",
                "social_profiles-0-id": str(profile.pk),
                "social_profiles-0-network": "X",
                "social_profiles-0-url": "http://x.com/bayani",
                "social_profiles-0-position": "0",
            }
        ),
    )
    assert page.status_code == 200
    profile.refresh_from_db()
    assert profile.url == ""


def test_anonymous_users_and_sales_cannot_edit_the_company(client, sales):
    build.company()
    assert sales.get("/admin/company/company/1/change/").status_code == 403
    client.logout()
    assert client.get("/admin/company/company/1/change/").status_code == 302
