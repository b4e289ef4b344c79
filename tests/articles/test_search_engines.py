"""Metadata for search engines, link previews and other programs."""

import json
import re

import pytest

from articles.models import Article, FormerSlug
from company.models import Company
from tests import build

pytestmark = pytest.mark.django_db

PAGES = ["/", "/articles/rent-and-run/", "/contact/", "/privacy/"]


@pytest.fixture(autouse=True)
def site():
    company = build.company(name="Bayani <Partners>", tagline="Teams & desks.")
    company.phone_lines.create(label="PH", number="(+632) 7796540")
    company.social_profiles.create(network="X", url="https://x.com/bayani")
    build.article(slug="rent-and-run", title="Rent </script> & Run", seo_description="Found by it.")


def html(client, url):
    return client.get(url).content.decode()


def graph(page: str) -> dict:
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert data["@context"] == "https://schema.org"
    return {node["@type"]: node for node in data["@graph"]}


@pytest.mark.parametrize("url", PAGES)
def test_a_page_has_one_canonical_url_for_every_query(client, url):
    page = html(client, f"{url}?utm_source=news")
    assert page.count(f'<link rel="canonical" href="http://testserver{url}">') == 1
    assert f'<meta property="og:url" content="http://testserver{url}">' in page


@pytest.mark.parametrize("url", PAGES)
def test_a_page_has_a_title_a_description_and_a_card(client, url):
    page = html(client, url)
    for name in ['name="description"', 'property="og:title"', 'property="og:description"', 'property="og:image"',
                 'name="twitter:card"', 'property="og:type"']:  # fmt: skip
        assert re.search(rf'<meta {name} content="[^"]+">', page), name
    assert len(re.findall("<title>[^<]+</title>", page)) == 1
    assert len(re.findall("<h1[ >]", page)) == 1


def test_each_page_has_its_own_title_and_description(client):
    pages = [html(client, url) for url in PAGES]
    for pattern in ["<title>(.+?)</title>", '<meta name="description" content="(.+?)">', 'og:title" content="(.+?)"']:
        assert len({re.search(pattern, page)[1] for page in pages}) == len(pages)  # type: ignore[index]


@pytest.mark.parametrize("url", PAGES)
def test_every_page_describes_the_organization(client, url):
    organization = graph(html(client, url))["Organization"]
    assert organization["name"] == "Bayani <Partners>"
    assert organization["contactPoint"][0]["telephone"] == "+6327796540"
    assert organization["sameAs"] == ["https://x.com/bayani"]


def test_an_article_has_structured_data_and_breadcrumbs(client):
    nodes = graph(html(client, "/articles/rent-and-run/"))
    article = nodes["Article"]
    assert article["headline"] == "Rent </script> & Run"
    assert article["description"] == "Found by it."
    assert article["publisher"]["@id"] == nodes["Organization"]["@id"]
    trail = nodes["BreadcrumbList"]["itemListElement"]
    assert [(item["position"], item["item"]) for item in trail] == [
        (1, "http://testserver/"),
        (2, "http://testserver/articles/rent-and-run/"),
    ]


@pytest.mark.parametrize("url", ["/nowhere/", "/contact/thanks/"])
def test_error_and_thanks_pages_are_not_indexed(client, url):
    page = html(client, url)
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page


def test_a_former_slug_redirects_to_the_article(client):
    article = Article.objects.get()
    for slug in ["rent", "run"]:
        article.slug = slug
        article.save()
    for former in ["rent-and-run", "rent"]:
        response = client.get(f"/articles/{former}/")
        assert response.status_code == 301
        assert response["Location"] == "/articles/run/"
        assert response["Cache-Control"] == "private, max-age=60"
        campaign = client.get(f"/articles/{former}/?utm_source=news&gclid=1")
        assert campaign["Location"] == "/articles/run/?utm_source=news&gclid=1"
    assert client.get("/articles/run/").status_code == 200


def test_a_restored_slug_does_not_redirect(client):
    article = Article.objects.get()
    for slug in ["rent", "rent-and-run"]:
        article.slug = slug
        article.save()
    assert client.get("/articles/rent-and-run/").status_code == 200
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["rent"]


def test_another_article_may_take_a_former_slug(client):
    article = Article.objects.get()
    article.slug = "rent"
    article.save()
    build.article(slug="rent-and-run", title="Another")
    assert "Another" in html(client, "/articles/rent-and-run/")
    assert not FormerSlug.objects.exists()


def test_a_former_slug_of_a_draft_answers_404(client):
    article = Article.objects.get()
    article.slug, article.status = "secret-plan", Article.Status.DRAFT
    article.save()
    assert client.get("/articles/rent-and-run/").status_code == 404


def test_robots_txt_names_the_sitemap_and_excludes_the_admin(client):
    text = html(client, "/robots.txt")
    assert "Disallow: /admin/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text


def test_security_txt_names_a_contact_and_an_expiry_date(client):
    text = html(client, "/.well-known/security.txt")
    assert "Contact: http://testserver/contact/" in text
    assert re.search(r"^Expires: 20\d\d-\d\d-\d\dT00:00:00\+00:00$", text, re.MULTILINE)
    assert "Canonical: http://testserver/.well-known/security.txt" in text


def test_security_txt_names_the_companys_email_address(client):
    Company.objects.update(email="hello@example.com")
    assert "Contact: mailto:hello@example.com" in html(client, "/.well-known/security.txt")


def test_the_manifest_names_the_site_and_its_icons(client):
    manifest = client.get("/site.webmanifest").json()
    assert manifest["name"] == "Bayani <Partners>"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}


def test_favicon_ico_redirects_to_the_icon(client):
    assert client.get("/favicon.ico")["Location"] == "/static/favicon.ico"
