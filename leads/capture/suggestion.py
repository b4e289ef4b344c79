"""Addresses that look mistyped: a question to the visitor, never a refusal."""

from difflib import get_close_matches

# Where many people have their mailbox, and whose misspellings are hardly anybody's.
COMMON_DOMAINS = [
    "aol.com", "comcast.net", "fastmail.com", "gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "outlook.com", "outlook.ph", "proton.me", "protonmail.com", "rocketmail.com", "verizon.net", "yahoo.com",
    "yandex.com", "zoho.com",
]  # fmt: skip
# Real providers whose names look like misspellings of those.
LOOK_ALIKE_DOMAINS = ["email.com", "gmx.com", "mail.com", "ymail.com", "love.com", "loud.com", "ol.com"]
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
