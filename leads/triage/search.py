"""Search: leads and submissions by name, e-mail address, phone number, reference code or words."""

import re

from django.conf import settings
from django.db.models import Q, QuerySet

from company.models import PhoneLine
from leads.models import Lead, Submission
from leads.phone import readings, regions_of
from leads.reference import parse_reference
from leads.search_text import fold

WORDS_MAX = 20
DIGITS_MIN = 4  # fewer digits are in most numbers
MATCHES_MAX = 1000  # the newest


def search_leads(leads: QuerySet[Lead], text: str) -> QuerySet[Lead]:
    """
    The leads with a matching submission: the text is its reference, its phone number in any notation or a part of it,
    or words that all occur in its name, e-mail address and requirements.
    """
    newest = search_submissions(text).filter(lead__isnull=False).order_by("-received_at", "-id")
    return leads.filter(pk__in=set(newest.values_list("lead_id", flat=True)[:MATCHES_MAX]))  # evaluated first


def search_submissions(text: str) -> QuerySet[Submission]:
    words = Q()
    for word in fold(text).split()[:WORDS_MAX]:
        words &= Q(search_text__contains=word)
    matches = words | phone_matches(text)
    if reference := parse_reference(text):
        matches |= Q(reference=reference)
    # The partial indexes have these two conditions.
    return Submission.objects.admitted().exclude(search_text="").filter(matches)


def phone_matches(text: str) -> Q:
    """Numbers that the text can be read as, or that contain its digits; no match for other text."""
    matches = Q(pk__in=[])
    regions = regions_of(line.dialled for line in PhoneLine.objects.all()) or [settings.HOME_REGION]
    for reading in readings(text, regions):
        matches |= Q(search_text__contains=reading.e164)
    if re.search(r"[^\d\s+().\-–/]", text):
        return matches
    digits = re.sub(r"\D", "", text).lstrip("0")
    return matches | Q(search_text__contains=digits) if len(digits) >= DIGITS_MIN else matches
