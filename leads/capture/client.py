"""Who is asking: the client's address as our own proxies saw it."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """
    The address the request came from, normalised; an empty string where there is none (a Unix socket).

    Behind TRUSTED_PROXIES proxies it is that many places from the right of X-Forwarded-For: what stands
    further left was written by the visitor and is not believed.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        hops = [*filter(str.strip, forwarded), *hops][-settings.TRUSTED_PROXIES - 1 :]
    try:
        address = ip_address(hops[0].strip())
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
