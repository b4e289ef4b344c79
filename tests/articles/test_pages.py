from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from tests import build

pytestmark = pytest.mark.django_db


def test_an_article_shows_what_staff_entered(client):
    article = build.article(
        title="Rent & Run",
        summary="In short.",
        body="<p>The <strong>text</strong>.</p>",
        seo_description="Found by it.",
    )
    response = client.get(article.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 200
    assert "<h1>Rent &amp; Run</h1>" in page
    assert "In short." in page
    assert "<p>The <strong>text</strong>.</p>" in page
    assert '<meta name="description" content="Found by it.">' in page
    assert "<title>Rent &amp; Run" in page


def test_an_article_may_have_a_separate_seo_title(client):
    article = build.article(title="Long and winding", seo_title="Short")
    page = client.get(article.get_absolute_url()).content.decode()
    assert "<title>Short" in page
    assert "<h1>Long and winding</h1>" in page


def test_an_article_has_the_form_with_its_own_path(client):
    article = build.article(slug="rent-and-run")
    page = client.get(article.get_absolute_url()).content.decode()
    assert 'name="page" value="/articles/rent-and-run/"' in page
    assert page.count("<form") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Article.Status.DRAFT},
        {"published_at": timezone.now() + timedelta(hours=1)},
        {"status": Article.Status.DRAFT, "published_at": timezone.now() + timedelta(hours=1)},
    ],
    ids=["draft", "future", "both"],
)
def test_an_unpublished_article_answers_404_and_is_not_listed(client, changes, superuser):
    article = build.article(title="Not yet", **changes)
    assert client.get(article.get_absolute_url()).status_code == 404
    assert "Not yet" not in client.get("/").content.decode()


def test_an_article_is_published_at_its_time():
    article = build.article(published_at=build.NOON)
    assert list(Article.objects.published(build.NOON)) == [article]
    assert not Article.objects.published(build.NOON - timedelta(seconds=1)).exists()


def test_a_missing_article_answers_404_with_the_phone_lines(client):
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    response = client.get("/articles/never-written/")
    assert response.status_code == 404
    assert "(+632) 7796540" in response.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_accept_only_reading_methods(client, method):
    article = build.article()
    for url in ["/", article.get_absolute_url(), "/privacy/"]:
        assert getattr(client, method)(url).status_code == 405


def test_home_lists_published_articles_newest_first(client):
    build.company(tagline="Teams in Manila.")
    build.article(title="Older", published_at=build.NOON - timedelta(days=2))
    build.article(title="Newer", published_at=build.NOON - timedelta(days=1))
    page = client.get("/").content.decode()
    assert "<h1>Teams in Manila.</h1>" in page
    assert page.index("Newer") < page.index("Older")
    assert 'name="page" value="/"' in page


def test_home_without_articles_shows_a_message(client):
    assert "The first article is being written" in client.get("/").content.decode()


def test_a_picture_has_size_alternative_text_and_credit(client):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"/>'
    article = build.article(
        illustration=build.upload("picture.svg", svg),
        illustration_alt="Two teams",
        illustration_credit="Image source: Outpro UK",
    )
    page = client.get(article.get_absolute_url()).content.decode()
    assert 'width="1200" height="630" alt="Two teams"' in page
    assert "<figcaption>Image source: Outpro UK</figcaption>" in page
    assert client.get(article.illustration.url).getvalue() == svg


@pytest.mark.parametrize("articles", [1, 20])
def test_home_takes_five_queries_for_any_number_of_articles(client, articles, django_assert_num_queries):
    build.company()
    for _ in range(articles):
        build.article()
    with django_assert_num_queries(5):  # company, phone lines, social profiles, articles, their last change
        client.get("/")


def test_an_article_takes_four_queries(client, django_assert_num_queries):
    build.company()
    article = build.article()
    with django_assert_num_queries(4):
        client.get(article.get_absolute_url())
