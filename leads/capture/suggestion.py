"""Addresses that look mistyped: a question to the visitor, never a refusal."""

from difflib import get_close_matches

from leads.mailboxes import COMMON_DOMAINS, LOOK_ALIKE_DOMAINS

LIKENESS_MIN = 0.88  # one letter wrong, missing, doubled or swapped


def suggest_email(address: str) -> str | None:
    """The address that was probably meant, such as `ana@gmail.com` for `ana@gmial.com`; None if it looks right."""
    local, _, domain = address.rpartition("@")
    if domain in COMMON_DOMAINS or domain in LOOK_ALIKE_DOMAINS:
        return None
    if any(domain.startswith(f"{common}.") for common in COMMON_DOMAINS):  # outlook.com.br
        return None
    matches = get_close_matches(domain, COMMON_DOMAINS, n=1, cutoff=LIKENESS_MIN)
    return f"{local}@{matches[0]}" if matches else None
