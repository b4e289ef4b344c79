import pytest
from django.db import OperationalError
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


def test_a_failure_of_ours_answers_500_in_the_frame_of_the_site(monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("the database went away")

    monkeypatch.setattr("articles.models.ArticleQuerySet.published", fail)
    monkeypatch.setattr("company.models.Company.objects.first", fail)  # nothing on the page may ask it either
    response = Client(raise_request_exception=False).get("/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    assert "went away" not in page
    assert reverse("home") in page
