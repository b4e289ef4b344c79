"""Where anybody may have a mailbox, so that the domain says nothing about the company."""

# Where many people have theirs, and whose misspellings are hardly anybody's.
COMMON_DOMAINS = [
    "aol.com", "comcast.net", "fastmail.com", "gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "outlook.com", "outlook.ph", "proton.me", "protonmail.com", "rocketmail.com", "verizon.net", "yahoo.com",
    "yandex.com", "zoho.com",
]  # fmt: skip
# Real providers whose names look like misspellings of those.
LOOK_ALIKE_DOMAINS = ["email.com", "gmx.com", "mail.com", "ymail.com", "love.com", "loud.com", "ol.com"]
COMMON_NAMES = {domain.partition(".")[0] for domain in COMMON_DOMAINS}


def is_anybodys(domain: str) -> bool:
    """Whether it is one of these, in any country: `yahoo.com`, `yahoo.com.ph`, `mail.com`."""
    return domain in LOOK_ALIKE_DOMAINS or domain.partition(".")[0] in COMMON_NAMES
