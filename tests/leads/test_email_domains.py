import pytest

from leads.email_domains import suggest_email
from leads.models import Submission
from tests import build


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ana@gmial.com", "ana@gmail.com"),
        ("ana@gmai.com", "ana@gmail.com"),
        ("ana@gmail.co", "ana@gmail.com"),
        ("ana@gmail.con", "ana@gmail.com"),
        ("ana@gmal.com", "ana@gmail.com"),
        ("ana@gnail.com", "ana@gmail.com"),
        ("ana@yaho.com", "ana@yahoo.com"),
        ("ana@yahooo.com", "ana@yahoo.com"),
        ("ana@hotmial.com", "ana@hotmail.com"),
        ("ana@hotmai.com", "ana@hotmail.com"),
        ("ana@outlok.com", "ana@outlook.com"),
        ("ana@iclod.com", "ana@icloud.com"),
    ],
)
def test_a_mistyped_domain_gets_a_suggestion(typed, meant):
    assert suggest_email(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["ana@gmail.com", "ana@ymail.com", "ana@mail.com", "ana@email.com", "ana@gmx.com", "ana@yahoo.com.ph",
     "ana@yahoo.com.hk", "ana@outlook.com.br", "ana@hotmail.co.uk", "ana@example.com", "ana@münchen.de"],
)  # fmt: skip
def test_a_common_domain_gets_no_suggestion(typed):
    assert suggest_email(typed) is None


def post_mistyped(client, **changes):
    return client.post("/contact/", build.enquiry(email="ana@gmial.com", **changes))


@pytest.mark.django_db
def test_the_visitor_takes_the_suggestion_with_one_click(client):
    response = post_mistyped(client)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Did you mean ana@gmail.com?" in page
    assert 'name="email_taken" value="ana@gmail.com"' in page
    assert 'value="ana@gmial.com"' in page  # the typed address is kept
    taken = post_mistyped(client, email_asked="ana@gmial.com", email_taken="ana@gmail.com")
    assert taken.status_code == 303
    assert Submission.objects.get().email == "ana@gmail.com"


@pytest.mark.django_db
def test_sending_the_form_again_keeps_the_address(client):
    assert post_mistyped(client, email_asked="ana@gmial.com").status_code == 303
    assert Submission.objects.get().email == "ana@gmial.com"


@pytest.mark.django_db
def test_another_mistyped_domain_asks_again(client):
    response = client.post("/contact/", build.enquiry(email="ana@gmai.com", email_asked="ana@gmial.com"))
    assert response.status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize("taken", ["eve@evil.example", "eve@gmail.com"])
def test_only_our_suggestion_can_be_taken(client, taken):
    assert post_mistyped(client, email_asked="ana@gmial.com", email_taken=taken).status_code == 303
    assert Submission.objects.get().email == "ana@gmial.com"


@pytest.mark.django_db
def test_a_suggestion_does_not_replace_a_corrected_address(client):
    data = build.enquiry(email="ana@example.com", email_asked="ana@gmial.com", email_taken="ana@gmail.com")
    assert client.post("/contact/", data).status_code == 303
    assert Submission.objects.get().email == "ana@example.com"


@pytest.mark.django_db
def test_a_suggestion_is_kept_beside_another_error(client):
    page = post_mistyped(client, phone="12", email_asked="ana@gmial.com", email_taken="ana@gmail.com").content.decode()
    assert 'name="email" value="ana@gmail.com"' in page


@pytest.mark.django_db
def test_enter_sends_the_form_and_takes_no_suggestion(client):
    page = post_mistyped(client).content.decode()
    assert page.index('class="default-button"') < page.index('name="email_taken"')
