import pytest
from django.test import Client
from django.urls import reverse

from tests import build

pytestmark = pytest.mark.django_db


def test_an_unknown_address_answers_404_with_the_phone_lines(client):
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "This page is not here" in response.content.decode()
    assert "(+632) 7796540" in response.content.decode()


def test_a_wrong_host_answers_400(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_server_error_answers_500_in_the_site_layout(stop_database):
    stop_database()
    response = Client(raise_request_exception=False).get("/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    assert "went away" not in page
    assert reverse("home") in page
    assert response["Cache-Control"] == "no-store"


def test_without_the_database_pages_show_the_phone_lines(client, stop_database):
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    drawn = client.get("/contact/")
    stop_database()
    client.raise_request_exception = False
    for response, status in [
        (client.get("/"), 500),
        (client.get("/contact/"), 200),
        (client.get("/contact/thanks/"), 200),
        (client.get("/privacy/"), 200),
        (client.post("/contact/", build.enquiry(email="not one")), 422),
    ]:
        assert response.status_code == status
        assert "(+632) 7796540" in response.content.decode()
    assert client.get("/contact/").content == drawn.content


def test_a_page_without_company_data_is_not_cached(client, stop_database):
    stop_database()
    for url in ["/contact/", "/contact/thanks/"]:
        response = client.get(url)
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response
