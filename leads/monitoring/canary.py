"""A test enquiry that goes all the way from the form to the sent mail, and is then removed."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from html import unescape
from http import HTTPStatus
from typing import Any, TypeVar

from django.db import transaction

from leads.capture.canary_mark import make_mark
from leads.models import Event, Lead, Quarantine, Submission
from leads.notifications import deliveries_about
from leads.outbox.models import Delivery

Result = TypeVar("Result")

PHONE, EMAIL = "+63 917 000 0000", "canary@example.com"
POLL_SECONDS = 0.5


class CanaryError(Exception):
    """The canary failed. The text is a sentence that says where."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def run_canary(url: str, seconds: float) -> None:
    """
    Send the canary to the form at `url`, check that it is stored and its mail sent within the time, and remove it.

    Its mail goes to MAIL_FROM. Raises CanaryError.
    """
    text = make_mark()
    until = time.monotonic() + seconds
    try:
        send(url.rstrip("/"), text, seconds)
        stored = Submission.objects.filter(is_canary=True, space_requirements=text)
        submission = wait_for(stored.first, until)
        if submission is None:
            raise CanaryError("The form accepted an enquiry that is not in the database.")
        if not wait_for(stored.admitted().exists, until):
            raise CanaryError("The enquiry is stored, but no worker admitted it.")
        held = Quarantine.objects.filter(submission=submission).first()
        if held:
            raise CanaryError(f"Screening held the enquiry back: {' '.join(held.reasons)}")
        mails = deliveries_about([submission])
        if not wait_for(lambda: mails.exists() and not mails.exclude(state=Delivery.State.SENT).exists(), until):
            error = mails.exclude(last_error="").values_list("last_error", flat=True).first()
            raise CanaryError(f"The enquiry is stored, but its mail was not sent: {error or 'no worker took it'}")
    finally:
        remove(text)


def send(url: str, text: str, seconds: float) -> None:
    """Send the form as a visitor does; a second time if it asks another question."""
    opener = urllib.request.build_opener(NoRedirect)
    status, page = fetch(opener, f"{url}/contact/", None, seconds)
    if status != HTTPStatus.OK:
        raise CanaryError(f"The form at {url}/contact/ answers {status}.")
    for _ in range(2):
        question = re.search(r"What is (\d) \+ (\d)\?", page)
        challenge = re.search(r'name="math_challenge" value="([^"]+)"', page)
        if question is None or challenge is None:
            raise CanaryError(f"The form at {url}/contact/ asks no question.")
        status, page = fetch(opener, f"{url}/contact/", {
            "first_name": "Canary",
            "last_name": "Outsourcing Site",
            "phone": PHONE,
            "email": EMAIL,
            "space_requirements": text,
            "math_answer": str(int(question[1]) + int(question[2])),
            "math_challenge": unescape(challenge[1]),
            "page": "/contact/",
        }, seconds)  # fmt: skip
        if status == HTTPStatus.SEE_OTHER:
            return
    raise CanaryError(f"The form at {url}/contact/ answers a good enquiry with {status}.")


def fetch(
    opener: urllib.request.OpenerDirector, url: str, form: dict[str, str] | None, seconds: float
) -> tuple[int, str]:
    """Status and body of the answer to a GET, or to a POST of the form. Raises CanaryError if there is none."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with opener.open(urllib.request.Request(url, body), timeout=seconds) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        raise CanaryError(f"{url} cannot be reached: {getattr(error, 'reason', error)}") from None


def wait_for(poll: Callable[[], Result], until: float) -> Result:
    """The first truthy result of `poll`, or the last one when the time (time.monotonic()) is over."""
    while not (result := poll()) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return result


@transaction.atomic
def remove(text: str) -> None:
    """Delete the canary with this text, and all that followed from it."""
    for submission in Submission.objects.filter(is_canary=True, space_requirements=text):
        deliveries_about([submission]).delete()
        Event.objects.filter(submission=submission).delete()
        Quarantine.objects.filter(submission=submission).delete()
        lead = submission.lead
        submission.delete()
        if lead is not None:
            Lead.objects.filter(pk=lead.pk, submissions__isnull=True).delete()
