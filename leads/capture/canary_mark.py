"""By what the form knows an enquiry that this site sent to test itself: a signed text, which nobody else can write."""

import secrets

from django.core.signing import BadSignature, Signer

MARK = "Canary of this site, not an enquiry: "


def signer() -> Signer:
    return Signer(salt="leads.canary")


def make_mark() -> str:
    """A text for the field `space_requirements`, another one each time."""
    return MARK + signer().sign(secrets.token_urlsafe(9))


def is_mark(text: str) -> bool:
    if not text.startswith(MARK):
        return False
    try:
        signer().unsign(text.removeprefix(MARK))
    except BadSignature:
        return False
    return True
