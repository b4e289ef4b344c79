"""Where readers and search engines learn what is new: the Atom feed and the sitemap."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from articles.models import Article
from company.models import Company
from company.pages import publish

FEED_LENGTH = 20
WITHOUT_ARTICLES = datetime(2026, 1, 1, tzinfo=UTC)  # when the list of no articles last changed


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest articles in full (RFC 4287)."""
    company = Company.objects.first() or Company()
    atom = Atom1Feed(
        title=company.name,
        description=company.tagline,
        subtitle=company.tagline,
        link=f"{settings.SITE_URL}/",
        feed_url=settings.SITE_URL + reverse("feed"),
        author_name=company.name,
        language="en",
    )
    for article in Article.objects.published()[:FEED_LENGTH]:
        address = settings.SITE_URL + article.get_absolute_url()
        atom.add_item(
            title=article.title,
            link=address,
            unique_id=address,
            description=article.body,
            pubdate=article.published_at,
            updateddate=article.changed_at,
        )
    return publish(
        atom.writeString("utf-8"),
        changed_at=Article.objects.changed_at() or WITHOUT_ARTICLES,
        content_type="application/atom+xml; charset=utf-8",
    )


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page, with the time of its last change (https://www.sitemaps.org/protocol.html)."""
    changed_at = Article.objects.changed_at() or WITHOUT_ARTICLES
    articles = [(article.get_absolute_url(), article.changed_at) for article in Article.objects.published()]
    others = [(reverse("contact"), None), (reverse("privacy"), None)]
    xml = render_to_string(
        "articles/sitemap.xml",
        {"site_url": settings.SITE_URL, "pages": [(reverse("home"), changed_at), *articles, *others]},
    )
    return publish(xml, changed_at=changed_at, content_type="application/xml; charset=utf-8")
