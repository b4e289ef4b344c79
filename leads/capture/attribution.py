"""
Attribution: where an enquiry came from, without cookies.

Our pages have `Referrer-Policy: same-origin`, so the Referer of a post is the full address of the page with the form,
with the parameters of a campaign. The script adds the address of the other site that the visitor came from.
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
    """Path and query of the Referer, if it is a page of this site; else an empty string."""
    parts = split(request.META.get("HTTP_REFERER", ""))
    if parts is None or parts.netloc.casefold() != request.get_host().casefold() or parts.path.startswith("//"):
        return ""
    return parts._replace(scheme="", netloc="", fragment="").geturl()[:PAGE_MAX]


def form_page(field: str, own: str) -> str:
    """
    Path and query of the page with the form, from the field `page` and from own_page().

    The field of a cached page has no query, so the Referer is better if it has the same path. After a rejected post the
    Referer is /contact/, while the field still has the first page.
    """
    field = field[:PAGE_MAX]
    parts = split(field)
    if parts is None or parts.netloc or not parts.path.startswith("/"):
        return own
    return own if urlsplit(own).path == parts.path and not parts.query else field


def attribution_of(page: str, referrer: str) -> dict[str, str]:
    """
    The parameters utm_* and click ids of the page, `referrer` (the address of another site), and `source`, a summary
    for people.
    """
    if not referrer and "?" not in page:
        return {"source": DIRECT}
    given = dict(parse_qsl(urlsplit(page).query, max_num_fields=100)) if page.count("&") < 100 else {}
    facts = {name: printable(given[name])[:VALUE_MAX] for name in (*CAMPAIGN, *CLICK_IDS) if given.get(name)}
    parts = split(referrer[:PAGE_MAX])
    host = parts.hostname if parts is not None and parts.scheme in ("http", "https") else None
    if host:
        facts["referrer"] = printable(referrer)[:PAGE_MAX]
    return {"source": summary(facts, host), **facts}


def summary(facts: dict[str, str], referrer_host: str | None) -> str:
    """`google / cpc / spring`, `Google Ads`, `example.com` or `direct`."""
    campaign = [facts[name] for name in CAMPAIGN[:3] if name in facts]
    if campaign:
        return " / ".join(campaign)[:VALUE_MAX]
    for name, network in CLICK_IDS.items():
        if name in facts:
            return network
    return (referrer_host or DIRECT)[:VALUE_MAX]


def printable(text: str) -> str:
    """The text without control characters: `%00` in an address becomes a NUL, which PostgreSQL cannot store."""
    return "".join(filter(str.isprintable, text))


def split(address: str) -> SplitResult | None:
    """urlsplit(), or None if the text is not an address."""
    try:
        return urlsplit(address)
    except ValueError:
        return None
