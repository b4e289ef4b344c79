import re

import pytest
from django.core.management import call_command

from articles.models import Article
from company.models import Company, PhoneLine, SocialProfile
from tests import build
from tests.support.pages import EXPLAINER

pytestmark = pytest.mark.django_db


def load():
    call_command("load_starter_content", verbosity=0)


def test_an_empty_site_gets_company_and_explainer(client):
    load()
    page = client.get(EXPLAINER).content.decode()
    assert "<h1>The Key Differences Between BPO and KPO</h1>" in page
    for heading in [
        "1. KPO and BPO are not exactly the same",
        "2. BPO is about cost, KPO about specialised solutions",
        "3. Hiring for KPO is harder than for BPO",
        "Conclusion",
    ]:
        assert f"<h2>{heading}</h2>" in page
    assert "<table>" in page
    assert '<a href="tel:+6327796540">(+632) 7796540</a>' in page
    assert '<a href="tel:+13035866566">(+1) 303-586-6566</a>' in page
    assert EXPLAINER in client.get("/").content.decode()


def test_the_explainer_has_600_to_950_words():
    load()
    words = re.sub(r"<[^>]+>", " ", Article.objects.get().body).split()
    assert 600 <= len(words) <= 950


def test_the_starter_content_passes_model_validation():
    load()
    Article.objects.get().full_clean()
    for line in PhoneLine.objects.all():
        line.full_clean()


def test_the_illustration_is_served_with_an_alternative_text(client):
    load()
    article = Article.objects.get()
    assert len(article.illustration_alt) > 50
    assert article.illustration_credit
    response = client.get(article.illustration.url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response.getvalue().startswith(b"<svg")


def test_social_profiles_exist_but_are_not_shown(client):
    load()
    assert [profile.network for profile in SocialProfile.objects.all()] == ["Facebook", "LinkedIn", "X"]
    assert "Facebook" not in client.get("/").content.decode()


def test_loading_again_keeps_changes_of_staff():
    load()
    Article.objects.update(title="Ours now", body="<p>Rewritten.</p>")
    Company.objects.update(name="Bayani Partners")
    PhoneLine.objects.filter(label="USA").delete()
    load()
    assert Article.objects.get().body == "<p>Rewritten.</p>"
    assert Company.objects.get().name == "Bayani Partners"
    assert PhoneLine.objects.count() == 1


def test_loading_again_does_not_restore_deleted_content():
    load()
    Article.objects.all().delete()
    load()
    assert not Article.objects.exists()


def test_a_site_with_content_gets_no_starter_content():
    build.article()
    load()
    assert Article.objects.count() == 1
    assert not Company.objects.exists()
