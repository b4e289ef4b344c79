"""The views of the Quick Contact form."""

import logging
from datetime import datetime
from functools import cache
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from company.rendering import page_headers, publish_page, render_page
from leads import spool
from leads.capture import guard
from leads.capture.attribution import own_page
from leads.capture.client import client_address, client_mark
from leads.capture.forms import QuickContactForm
from leads.capture.rate_limit import seconds_to_wait
from leads.intake import store
from leads.models import Submission
from leads.reference import grouped, parse_reference

NOT_WHOLE = "Some characters in your text could not be read. Check it and send it again."
CROSS_SITE = "This was sent from another site. If it was you, check it and send it again from here."
STORED_NOWHERE = "We could not store your enquiry just now. It is still here: send it again in a minute, or call us."

logger = logging.getLogger(__name__)


@csrf_exempt  # see leads/capture/guard.py
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return receive(request, timezone.now())
    form = QuickContactForm(now=timezone.now(), page=request.path)
    return publish_page(
        "leads/contact.html", {"form": form}, path=request.path, trail=[("Quick Contact", request.path)]
    )


def receive(request: HttpRequest, now: datetime) -> HttpResponse:
    """Store a posted enquiry and redirect, or answer with the form as it was filled in."""
    if guard.is_too_large(request):
        return render_page("leads/too_large.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if guard.is_unknown_type(request):
        return render_page("leads/unknown_type.html", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    client = client_mark(client_address(request))
    is_garbled = guard.is_garbled(request)
    request.encoding = "utf-8"  # checked by guard.is_unknown_type(); Django does not know the alias utf8
    form = QuickContactForm(request.POST, now=now, own_page=own_page(request))
    if is_garbled:
        return render_again(form, HTTPStatus.BAD_REQUEST, NOT_WHOLE)
    if guard.is_cross_site(request):
        return render_again(form, HTTPStatus.FORBIDDEN, CROSS_SITE)
    if wait := seconds_to_wait(client, now):
        sentence = f"That is a lot of enquiries in a minute. Wait {wait} seconds and send it again, or call us."
        response = render_again(form, HTTPStatus.TOO_MANY_REQUESTS, sentence)
        response["Retry-After"] = str(wait)
        return response
    if not form.is_valid():
        return render_again(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    submission = form.submission(client)
    if not store_or_spool(submission):
        response = render_again(form, HTTPStatus.SERVICE_UNAVAILABLE, STORED_NOWHERE)
        response["Retry-After"] = "60"
        return response
    location = f"{thanks_path()}?ref={grouped(submission.reference)}"
    headers = {"Location": location, "Cache-Control": "no-store", **page_headers()}
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers=headers)


@cache
def thanks_path() -> str:
    return reverse("thanks")


def store_or_spool(submission: Submission) -> bool:
    """Store the enquiry in the database, or else in the spool; False if both failed."""
    try:
        store(submission)
    except Exception as error:  # whatever it is, the spool stores the enquiry
        logger.warning("The database could not take an enquiry (%s): it is spooled.", type(error).__name__)
    else:
        return True
    try:
        spool.keep(submission)
    except spool.SpoolError as error:
        logger.error("An enquiry could be stored nowhere: %s", error.strerror)
        return False
    return True


def render_again(form: QuickContactForm, status: HTTPStatus, sentence: str = "") -> HttpResponse:
    """The form as it was filled in, with the sentence as an error of the whole form."""
    if sentence:
        form.add_error(None, sentence)
    return render_page("leads/contact.html", {"form": form}, status=status)


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Shows the reference in the query string. It is not looked up, so that a stranger learns nothing."""
    reference = parse_reference(request.GET.get("ref", ""))
    return render_page("leads/thanks.html", {"reference": grouped(reference) if reference else ""})
