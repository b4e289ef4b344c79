from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles.models import Article
from tests import build

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def tree(response):
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def test_the_feed_holds_what_is_published_newest_first(client):
    build.company(name="Bayani & Partners")
    build.article(title="Older", slug="older", published_at=timezone.now() - timedelta(days=2))
    build.article(title="Newer", slug="newer", body="<p>All of it &amp; more.</p>")
    build.article(title="Draft", status=Article.Status.DRAFT)
    build.article(title="Future", published_at=timezone.now() + timedelta(days=1))
    response = client.get("/feed/")
    root = tree(response)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert root.findtext(f"{ATOM}title") == "Bayani & Partners"
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Newer", "Older"]
    assert entries[0].findtext(f"{ATOM}id") == "http://testserver/articles/newer/"
    assert entries[0].findtext(f"{ATOM}summary") == "<p>All of it &amp; more.</p>"
    for element in ["published", "updated"]:
        assert entries[0].findtext(f"{ATOM}{element}")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"alternate": "http://testserver/", "self": "http://testserver/feed/"}


def test_a_feed_without_articles_is_a_feed(client):
    assert tree(client.get("/feed/")).findall(f"{ATOM}entry") == []


def test_the_sitemap_names_every_public_page_with_its_last_change(client):
    article = build.article(slug="rent-and-run")
    build.article(slug="draft", status=Article.Status.DRAFT)
    root = tree(client.get("/sitemap.xml"))
    found = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in root.findall(f"{SITEMAP}url")}
    assert set(found) == {
        f"http://testserver{path}" for path in ["/", "/articles/rent-and-run/", "/contact/", "/privacy/"]
    }
    changed = timezone.localtime(article.changed_at).isoformat(timespec="seconds")
    assert (found["http://testserver/articles/rent-and-run/"] or "")[:19] == changed[:19]
    for address in found:
        assert client.get((address or "").removeprefix("http://testserver")).status_code == 200


def test_feed_and_sitemap_are_only_read(client):
    for url in ["/feed/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/site.webmanifest"]:
        assert client.post(url).status_code == 405


def test_the_list_changes_by_an_edit_and_when_a_time_comes():
    draft = build.article(status=Article.Status.DRAFT)
    assert Article.objects.changed_at() == draft.updated_at
    soon = timezone.now() + timedelta(hours=1)
    build.article(published_at=soon)
    assert Article.objects.changed_at(soon) == soon
    assert (Article.objects.changed_at() or soon) < soon
