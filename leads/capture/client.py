"""Who is asking: the client's address as our own proxies saw it."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def client_address(request: HttpRequest) -> str:
    """
    The address the request came from, normalised; an empty string where there is none (a Unix socket).

    Behind TRUSTED_PROXIES proxies it is that many places from the right of X-Forwarded-For: what stands
    further left was written by the visitor and is not believed.
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
    By what a client is told apart where no address is to be stored: a keyed hash, 32 characters.

    Of IPv6 addresses the network counts (/64): one household or office has all the addresses in it.
    """
    if ":" in address:
        address = str(ip_network(f"{address}/64", strict=False))
    return salted_hmac("leads.client", address, algorithm="sha256").hexdigest()[:32]
