from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Article, FormerSlug
from company.rendering import publish_page
from company.structured_data import organization_id


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return publish_page(
        "articles/home.html",
        {"articles": Article.objects.published(now)},
        path=request.path,
        changed_at=Article.objects.changed_at(now),
    )


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponse:
    published = Article.objects.published()
    article = published.filter(slug=slug).first()
    if article is None:
        former = FormerSlug.objects.filter(slug=slug, article__in=published).select_related("article").first()
        if former is None:
            raise Http404
        return moved_to(former.article, request)
    return publish_page(
        "articles/article_detail.html",
        {"article": article},
        path=request.path,
        changed_at=article.changed_at,
        trail=[(article.title, request.path)],
        structured_data=[structured(article)],
    )


def moved_to(article: Article, request: HttpRequest) -> HttpResponse:
    """Lead on with the campaign's parameters; not kept for long, as a slug may be taken back."""
    query = request.META.get("QUERY_STRING", "")
    response = redirect(article.get_absolute_url() + (f"?{query}" if query else ""), permanent=True)
    response["Cache-Control"] = "private, max-age=60"
    return response


def structured(article: Article) -> dict[str, Any]:
    """The article in schema.org's terms."""
    address = settings.SITE_URL + article.get_absolute_url()
    data = {
        "@type": "Article",
        "@id": f"{address}#article",
        "headline": article.title,
        "description": article.seo_description or article.summary,
        "url": address,
        "mainEntityOfPage": address,
        "datePublished": article.published_at.isoformat(),
        "dateModified": article.changed_at.isoformat(),
        "author": {"@id": organization_id()},
        "publisher": {"@id": organization_id()},
    }
    if article.illustration:
        data["image"] = settings.SITE_URL + article.illustration.url
    return data
