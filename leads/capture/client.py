"""The network address of the client."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def client_address(request: HttpRequest) -> str:
    """
    The normalised address from which the request came; empty if there is none (a Unix socket).

    Behind N trusted proxies (TRUSTED_PROXIES), it is the N-th entry of X-Forwarded-For from the right; 1 is the last.
    The visitor can write what is further left.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        hops = [*filter(str.strip, forwarded), *hops][-settings.TRUSTED_PROXIES - 1 :]
    try:
        address = ip_address(hops[0].strip())
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_mark(address: str) -> str:
    """
    A keyed hash that identifies a client without its address: 32 characters.

    All IPv6 addresses in the same /64 network have the same mark: they belong to one household or office.
    """
    if ":" in address:
        address = str(ip_network(f"{address}/64", strict=False))
    return salted_hmac("leads.client", address, algorithm="sha256").hexdigest()[:32]
