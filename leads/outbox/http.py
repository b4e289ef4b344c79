"""The HTTP client for requests to other systems."""

import http.client
import socket
import ssl
from contextlib import closing
from ipaddress import ip_address
from threading import Event, Timer
from urllib.parse import urlsplit

from django.conf import settings

from leads.outbox.errors import PermanentError

TIMEOUT_SECONDS = 10
RESPONSE_MAX = 2048  # bytes


class AddressRefusedError(PermanentError):
    """The address is not on the public internet."""


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """
    POST the body. Returns the status and the first RESPONSE_MAX bytes of the answer; follows no redirect.

    Raises AddressRefusedError, and OSError for any other failure, such as a time-out after TIMEOUT_SECONDS.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    with closing(connection):
        sock = open_socket(host, port)
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection.sock = sock
        is_late = Event()

        def hang_up() -> None:
            is_late.set()
            sock.shutdown(socket.SHUT_RDWR)

        # The socket's own time-out does not end an answer that comes byte by byte.
        timer = Timer(TIMEOUT_SECONDS, hang_up)
        timer.daemon = True
        timer.start()
        try:
            connection.request("POST", parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
            response = connection.getresponse()
            text = response.read(RESPONSE_MAX).decode(errors="replace").replace("\0", "")
            if is_late.is_set():
                raise TimeoutError("The answer took too long.")
            return response.status, text
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        finally:
            timer.cancel()


def open_socket(host: str, port: int) -> socket.socket:
    """A connection to the host. The address that was checked is the one that is connected to."""
    error: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not settings.WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES and not is_public(str(address[0])):
            raise AddressRefusedError(f"{host} is at {address[0]}, which is not on the public internet.")
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(TIMEOUT_SECONDS)
        try:
            sock.connect(address)
        except OSError as failure:
            sock.close()
            error = failure
        else:
            return sock
    raise error or OSError(f"{host} has no address.")


def is_public(address: str) -> bool:
    """Whether the IP address is on the public internet."""
    ip = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast
