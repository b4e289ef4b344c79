"""Domains of free e-mail providers, and addresses that look like misspellings of them."""

from difflib import get_close_matches
from functools import lru_cache

# Free e-mail providers that are so common that a similar domain is probably a misspelling.
COMMON_DOMAINS = [
    "aol.com", "comcast.net", "fastmail.com", "gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "outlook.com", "outlook.ph", "proton.me", "protonmail.com", "rocketmail.com", "verizon.net", "yahoo.com",
    "yandex.com", "zoho.com",
]  # fmt: skip
# Real providers with names that look like misspellings of them.
LOOK_ALIKE_DOMAINS = ["email.com", "gmx.com", "mail.com", "ymail.com", "love.com", "loud.com", "ol.com"]
COMMON_NAMES = {domain.partition(".")[0] for domain in COMMON_DOMAINS}
SIMILARITY_MIN = 0.88  # one letter wrong, missing, doubled or swapped


def is_free_provider(domain: str) -> bool:
    """Whether the domain is one of a free e-mail provider: `yahoo.com`, `yahoo.com.ph`, `mail.com`."""
    return domain in LOOK_ALIKE_DOMAINS or domain.partition(".")[0] in COMMON_NAMES


def suggest_email(address: str) -> str | None:
    """The address that was probably meant, such as `ana@gmail.com` for `ana@gmial.com`; None if there is no doubt."""
    local, _, domain = address.rpartition("@")
    suggested = suggest_domain(domain)
    return f"{local}@{suggested}" if suggested else None


@lru_cache(maxsize=1000)
def suggest_domain(domain: str) -> str | None:
    """As suggest_email(), for the domain."""
    if domain in COMMON_DOMAINS or domain in LOOK_ALIKE_DOMAINS:
        return None
    if any(domain.startswith(f"{common}.") for common in COMMON_DOMAINS):  # outlook.com.br
        return None
    matches = get_close_matches(domain, COMMON_DOMAINS, n=1, cutoff=SIMILARITY_MIN)
    return matches[0] if matches else None
