from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from django.utils.feedgenerator import rfc3339_date

from articles.models import Article
from company.models import Company
from tests import build

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def tree(response):
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def test_the_feed_lists_published_articles_newest_first(client):
    build.company(name="Bayani & Partners")
    build.article(title="Older", slug="older", published_at=timezone.now() - timedelta(days=2))
    newer = build.article(title="Newer", slug="newer", body="<p>All of it &amp; more.</p>")
    build.article(title="Draft", status=Article.Status.DRAFT)
    build.article(title="Future", published_at=timezone.now() + timedelta(days=1))
    response = client.get("/feed/")
    root = tree(response)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert root.findtext(f"{ATOM}title") == "Bayani & Partners"
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Newer", "Older"]
    assert entries[0].findtext(f"{ATOM}id") == f"tag:testserver,2026:article/{newer.pk}"
    assert entries[0].findtext(f"{ATOM}summary") == "<p>All of it &amp; more.</p>"
    for element in ["published", "updated"]:
        assert entries[0].findtext(f"{ATOM}{element}")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"alternate": "http://testserver/", "self": "http://testserver/feed/"}


def test_a_feed_without_articles_is_valid_and_stable(client):
    company = build.company()
    root = tree(client.get("/feed/"))
    assert root.findall(f"{ATOM}entry") == []
    assert root.findtext(f"{ATOM}updated") == rfc3339_date(company.updated_at)


def test_control_characters_do_not_break_the_feed(client):
    build.company(name="Bayani\x0b")
    build.article(title="One\x0b", body="<p>Two\x0b</p>")
    entry = tree(client.get("/feed/")).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "One"


def test_a_new_company_name_changes_the_feed(client):
    company = build.company()
    before = client.get("/feed/")["Last-Modified"]
    Company.objects.filter(pk=company.pk).update(name="New", updated_at=timezone.now() + timedelta(hours=1))
    assert client.get("/feed/")["Last-Modified"] > before


def test_the_sitemap_lists_public_pages_with_their_last_change(client):
    article = build.article(slug="rent-and-run")
    build.article(slug="draft", status=Article.Status.DRAFT)
    root = tree(client.get("/sitemap.xml"))
    last_changes = {
        url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in root.findall(f"{SITEMAP}url")
    }
    assert set(last_changes) == {
        f"http://testserver{path}" for path in ["/", "/articles/rent-and-run/", "/contact/", "/privacy/"]
    }
    changed = timezone.localtime(article.changed_at).isoformat(timespec="seconds")
    assert (last_changes["http://testserver/articles/rent-and-run/"] or "")[:19] == changed[:19]
    for address in last_changes:
        assert client.get((address or "").removeprefix("http://testserver")).status_code == 200


def test_feed_and_sitemap_refuse_posts(client):
    for url in ["/feed/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/site.webmanifest"]:
        assert client.post(url).status_code == 405


def test_the_list_changes_by_edit_and_by_publication():
    build.article(status=Article.Status.DRAFT)
    assert Article.objects.changed_at() is None  # nobody learns of a draft
    article = build.article()
    assert Article.objects.changed_at() == article.updated_at
    soon = timezone.now() + timedelta(hours=1)
    build.article(published_at=soon)
    assert Article.objects.changed_at(soon) == soon
    assert (Article.objects.changed_at() or soon) < soon
