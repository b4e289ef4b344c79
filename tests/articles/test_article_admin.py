import pytest

from articles.models import Article
from tests import build

pytestmark = pytest.mark.django_db


def article_form(**changes):
    return {
        "title": "Rent and Run",
        "slug": "rent-and-run",
        "summary": "In short.",
        "body": "<p>The text.</p><script>alert(1)</script>",
        "status": "published",
        "published_at_0": "2026-11-20",
        "published_at_1": "09:00:00",
        "illustration_alt": "",
        "illustration_credit": "",
        "seo_title": "",
        "seo_description": "",
        **changes,
    }


def test_an_editor_publishes_an_article(editor):
    response = editor.post("/admin/articles/article/add/", article_form())
    assert response.status_code == 302, response.context["errors"]
    article = Article.objects.get()
    assert article.body == "<p>The text.</p>"
    assert editor.get("/articles/rent-and-run/").status_code == 200


def test_the_publication_time_is_entered_in_office_time(editor):
    editor.post("/admin/articles/article/add/", article_form())
    assert Article.objects.get().published_at.isoformat() == "2026-11-20T01:00:00+00:00"


def test_an_editor_changes_and_unpublishes_an_article(editor):
    article = build.article()
    url = f"/admin/articles/article/{article.pk}/change/"
    assert editor.get(url).status_code == 200
    assert editor.post(url, article_form(status="draft")).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.status) == ("Rent and Run", "draft")
    assert editor.get("/articles/rent-and-run/").status_code == 404


def test_a_picture_needs_an_alternative_text(editor):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>'
    page = editor.post("/admin/articles/article/add/", article_form(illustration=build.upload("a.svg", svg)))
    assert "Say what the picture shows" in page.content.decode()
    assert not Article.objects.exists()


def test_a_slug_is_unique(editor):
    build.article(slug="rent-and-run")
    page = editor.post("/admin/articles/article/add/", article_form())
    assert "already exists" in page.content.decode()
    assert Article.objects.count() == 1


def test_an_editor_cannot_delete_an_article(editor):
    article = build.article()
    assert editor.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Article.objects.exists()


def test_anonymous_users_and_sales_cannot_edit_articles(client, sales):
    assert sales.get("/admin/articles/article/").status_code == 403
    client.logout()
    assert client.get("/admin/articles/article/").status_code == 302


def test_a_missing_article_shows_a_message(editor):
    response = editor.get("/admin/articles/article/999/change/", follow=True)
    assert "doesn’t exist" in response.content.decode()


def test_articles_are_searched_by_words(editor):
    build.article(title="About rent")
    build.article(title="About people")
    page = editor.get("/admin/articles/article/", {"q": "rent"}).content.decode()
    assert "About rent" in page
    assert "About people" not in page
