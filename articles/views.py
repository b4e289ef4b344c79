from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from articles.models import Article
from company.pages import render_page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render_page("articles/home.html", {"articles": Article.objects.published(), "path": request.path})


@require_safe
def article_detail(request: HttpRequest, slug: str) -> HttpResponse:
    article = Article.objects.published().filter(slug=slug).first()
    if article is None:
        raise Http404
    return render_page("articles/article_detail.html", {"article": article, "path": request.path})
