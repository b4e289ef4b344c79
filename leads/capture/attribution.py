"""
Where an enquiry came from, without cookies and without scripts.

Our pages send `Referrer-Policy: same-origin`, so a post says the whole address of the page it was sent from, with
the campaign's parameters. The script adds the other site that the visitor came from, where there is one.
"""

from urllib.parse import SplitResult, parse_qsl, urlsplit

from django.http import HttpRequest

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = {
    "gclid": "Google Ads",
    "gbraid": "Google Ads",
    "wbraid": "Google Ads",
    "fbclid": "Facebook",
    "msclkid": "Microsoft Ads",
    "li_fat_id": "LinkedIn",
    "ttclid": "TikTok",
}
PAGE_MAX = 2000  # characters of path and query
VALUE_MAX = 200  # characters of each parameter
DIRECT = "direct"


def own_page(request: HttpRequest) -> str:
    """Path and query of the page of ours that the request says it comes from, or an empty string."""
    parts = split(request.META.get("HTTP_REFERER", ""))
    if parts is None or parts.netloc.casefold() != request.get_host().casefold() or parts.path.startswith("//"):
        return ""
    return parts._replace(scheme="", netloc="", fragment="").geturl()[:PAGE_MAX]


def form_page(field: str, own: str) -> str:
    """
    Path and query of the page that the form stood on, of the field `page` and of what own_page() says.

    A held page knows its path alone, the Referer knows the query as well. On the answer to a post the form stands
    at another address, and the field, which we then filled in ourselves, knows better.
    """
    field = field[:PAGE_MAX]
    parts = split(field)
    if parts is None or parts.netloc or not parts.path.startswith("/"):
        return own
    return own if urlsplit(own).path == parts.path and not parts.query else field


def attribution_of(page: str, referrer: str) -> dict[str, str]:
    """
    What page and referrer say of a campaign: utm_* and click ids, `referrer` (address of another site), and `source`,
    a summary for people.
    """
    if not referrer and "?" not in page:
        return {"source": DIRECT}
    given = dict(parse_qsl(urlsplit(page).query, max_num_fields=100)) if page.count("&") < 100 else {}
    found = {name: printable(given[name])[:VALUE_MAX] for name in (*CAMPAIGN, *CLICK_IDS) if given.get(name)}
    parts = split(referrer[:PAGE_MAX])
    host = parts.hostname if parts is not None and parts.scheme in ("http", "https") else None
    if host:
        found["referrer"] = printable(referrer)[:PAGE_MAX]
    return {"source": summary(found, host), **found}


def summary(found: dict[str, str], referrer_host: str | None) -> str:
    campaign = [found[name] for name in CAMPAIGN[:3] if name in found]
    if campaign:
        return " / ".join(campaign)[:VALUE_MAX]
    for name, network in CLICK_IDS.items():
        if name in found:
            return network
    return (referrer_host or DIRECT)[:VALUE_MAX]


def printable(text: str) -> str:
    """The text without control characters: `%00` in an address becomes a NUL, which no database keeps."""
    return "".join(filter(str.isprintable, text))


def split(address: str) -> SplitResult | None:
    """urlsplit(), or None where the address is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return None
