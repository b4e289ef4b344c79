"""Pages that belong to no app: privacy, and what to say when something went wrong."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from company.models import Company
from company.pages import details, render_page


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render_page("privacy.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_page("404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks the database for nothing: it may be what failed."""
    return HttpResponse(render_to_string("500.html", details(Company())), status=500)
