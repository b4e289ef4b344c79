"""The Atom feed and the sitemap."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from articles.models import Article
from company.http_caching import latest, midnight, publish
from company.models import Company

FEED_LENGTH = 20
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # pasted text may contain these


class ArticleFeed(Atom1Feed):
    """Atom1Feed with a fixed date: Django would give a feed without articles the present time."""

    def latest_post_date(self) -> datetime:
        changed_at: datetime = self.feed["changed_at"]
        return changed_at


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest articles in full (RFC 4287)."""
    company = Company.load()
    changed_at = Article.objects.changed_at()
    atom = ArticleFeed(
        title=xml_text(company.name),
        description=xml_text(company.tagline),
        subtitle=xml_text(company.tagline),
        link=f"{settings.SITE_URL}/",
        feed_url=settings.SITE_URL + reverse("feed"),
        author_name=xml_text(company.name),
        language="en",
        changed_at=changed_at or company.updated_at or midnight(),
    )
    for article in Article.objects.published()[:FEED_LENGTH]:
        atom.add_item(
            title=xml_text(article.title),
            link=settings.SITE_URL + article.get_absolute_url(),
            unique_id=f"tag:{urlsplit(settings.SITE_URL).hostname},2026:article/{article.pk}",  # a slug may change
            description=xml_text(article.body),
            pubdate=article.published_at,
            updateddate=article.changed_at,
        )
    return publish(
        atom.writeString("utf-8"),
        changed_at=latest(company.updated_at, changed_at),
        content_type="application/atom+xml; charset=utf-8",
    )


def xml_text(text: str) -> str:
    """The text without the characters that XML does not allow."""
    return NOT_IN_XML.sub("", text)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """All public pages with the times of their last change (https://www.sitemaps.org/protocol.html)."""
    changed_at = Article.objects.changed_at()
    articles = [(article.get_absolute_url(), article.changed_at) for article in Article.objects.published()]
    other_pages = [(reverse("contact"), None), (reverse("privacy"), None)]
    xml = render_to_string(
        "articles/sitemap.xml",
        {"site_url": settings.SITE_URL, "pages": [(reverse("home"), changed_at), *articles, *other_pages]},
    )
    return publish(xml, changed_at=latest(changed_at), content_type="application/xml; charset=utf-8")
