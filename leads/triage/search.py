"""Finding a lead by whatever somebody remembers of it."""

import re

from django.conf import settings
from django.db.models import Q, QuerySet

from company.models import PhoneLine
from leads.folding import folded
from leads.models import Lead, Submission
from leads.phone import readings, regions_of
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
    words = Q()
    for word in folded(text).split()[:WORDS_MAX]:
        words &= Q(search_text__contains=word)
    matches = words | phone_matches(text)
    if reference := parse_reference(text):
        matches |= Q(reference=reference)
    # Both conditions are those of the partial indexes.
    return Submission.objects.admitted().exclude(search_text="").filter(matches)


def phone_matches(text: str) -> Q:
    """Matches the numbers that the text may be, or those that contain its digits; nothing if it is neither."""
    matches = Q(pk__in=[])
    regions = regions_of(line.dialled for line in PhoneLine.objects.all()) or [settings.HOME_REGION]
    for reading in readings(text, regions):
        matches |= Q(search_text__contains=reading.e164)
    if re.search(r"[^\d\s+().\-–/]", text):
        return matches
    digits = re.sub(r"\D", "", text).lstrip("0")
    return matches | Q(search_text__contains=digits) if len(digits) >= DIGITS_MIN else matches
