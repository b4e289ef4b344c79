"""Finding a lead by whatever somebody remembers of it."""

import re

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from leads.folding import folded
from leads.models import Lead, Submission
from leads.normalise import normalise_phone
from leads.reference import parse_reference

WORDS_MAX = 20
DIGITS_MIN = 4  # fewer would match half of all numbers
MATCHES_MAX = 1000  # the newest; who gets so many asks for more words


def search_leads(leads: QuerySet[Lead], text: str) -> QuerySet[Lead]:
    """
    The leads with a submission that the text names: its reference, its phone number in any notation or in
    part, or words that all occur in its name, e-mail address and requirements.
    """
    newest = search_submissions(text).filter(lead__isnull=False).order_by("-received_at", "-id")
    return leads.filter(pk__in=set(newest.values_list("lead_id", flat=True)[:MATCHES_MAX]))  # asked for once


def search_submissions(text: str) -> QuerySet[Submission]:
    found = Q()
    for word in folded(text).split()[:WORDS_MAX]:
        found &= Q(search_text__contains=word)
    if reference := parse_reference(text):
        found |= Q(reference=reference)
    return Submission.objects.filter(found | phone_matches(text))


def phone_matches(text: str) -> Q:
    """Matches the number that the text is, or the numbers that contain its digits; nothing if it is neither."""
    try:
        return Q(phone=normalise_phone(text).as_e164)
    except ValidationError:
        pass
    if re.search(r"[^\d\s+().\-–/]", text):
        return Q(pk__in=[])
    digits = re.sub(r"\D", "", text).lstrip("0")
    return Q(search_text__contains=digits) if len(digits) >= DIGITS_MIN else Q(pk__in=[])
