"""The signed text by which the form recognises the canary (leads/monitoring/canary.py)."""

import secrets

from django.core.signing import BadSignature, Signer

MARK = "Canary of this site, not an enquiry: "


def signer() -> Signer:
    return Signer(salt="leads.canary")


def make_mark() -> str:
    """A new text for the field `space_requirements`."""
    return MARK + signer().sign(secrets.token_urlsafe(9))


def is_mark(text: str) -> bool:
    if not text.startswith(MARK):
        return False
    try:
        signer().unsign(text.removeprefix(MARK))
    except BadSignature:
        return False
    return True
