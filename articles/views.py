from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Article, FormerSlug
from company.rendering import publish_page
from company.structured_data import JsonObject, organization_id


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
        return redirect_to(former.article, request)
    return publish_page(
        "articles/article_detail.html",
        {"article": article},
        path=request.path,
        changed_at=article.changed_at,
        trail=[(article.title, request.path)],
        structured_data=[article_data(article)],
    )


def redirect_to(article: Article, request: HttpRequest) -> HttpResponse:
    """
    Redirect to the article and keep the query, which may name a campaign.

    Cached for a minute only, because the former slug may be used again.
    """
    query = request.META.get("QUERY_STRING", "")
    response = redirect(article.get_absolute_url() + (f"?{query}" if query else ""), permanent=True)
    response["Cache-Control"] = "private, max-age=60"
    return response


def article_data(article: Article) -> JsonObject:
    """The article as a schema.org object."""
    address = settings.SITE_URL + article.get_absolute_url()
    data: JsonObject = {
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
