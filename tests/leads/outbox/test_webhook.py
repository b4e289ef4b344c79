import json
import socket
import threading

import pytest
from standardwebhooks import Webhook

from leads.outbox import http, worker
from leads.outbox.http import AddressRefusedError, is_public, open_socket
from leads.outbox.models import Delivery, Endpoint
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(hook) -> Endpoint:
    return Endpoint.objects.create(url=hook.url)


def deliver() -> Delivery:
    Delivery.objects.exclude(purpose="event").delete()
    worker.step()
    return Delivery.objects.get()


def test_a_webhook_sends_the_signed_enquiry(hook, endpoint):
    submission = accept(build.submission(space_requirements="Ten desks in Cebú."))
    delivery = deliver()
    assert (delivery.state, delivery.response) == ("sent", "thank you")
    ((path, headers, body),) = hook.requests
    assert path == "/hook?a=1"
    assert headers["webhook-id"] == str(delivery.key)
    event = Webhook(endpoint.secret).verify(body, headers)
    assert event["type"] == "lead.created"
    assert event["data"]["space_requirements"] == "Ten desks in Cebú."
    assert event["data"]["lead"] == submission.lead_id


def test_a_second_enquiry_is_a_wrote_again_event(hook, endpoint):
    accept(build.submission())
    Delivery.objects.all().delete()
    accept(build.submission())
    deliver()
    assert json.loads(hook.requests[0][2])["type"] == "lead.wrote_again"


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "sent"), (204, "sent"), (299, "sent"), (301, "dead"), (307, "dead"), (400, "dead"), (404, "dead"),
     (408, "pending"), (425, "pending"), (429, "pending"), (500, "pending"), (503, "pending")],
)  # fmt: skip
def test_any_2xx_is_success_and_a_redirect_is_not_followed(hook, endpoint, status, state):
    hook.status = status
    hook.headers = {"Location": hook.url}
    hook.body = b""
    accept(build.submission())
    assert deliver().state == state
    assert len(hook.requests) == 1


def test_410_switches_the_endpoint_off(hook, endpoint):
    hook.status = 410
    accept(build.submission())
    assert deliver().state == "dead"
    endpoint.refresh_from_db()
    assert endpoint.is_active is False
    assert endpoint.switched_off.startswith("It answered 410")


def test_at_most_2_kib_of_the_answer_are_kept(hook, endpoint):
    hook.body = b"\0x" * 100_000
    accept(build.submission())
    assert deliver().response == "x" * 1024


def test_a_deleted_endpoint_gets_nothing(hook, endpoint):
    accept(build.submission())
    endpoint.delete()
    assert deliver().state == "dead"
    assert hook.requests == []


@pytest.mark.parametrize("url", ["http://localhost/", "http://127.0.0.1:1/", "http://[::1]/", "http://0.0.0.0/"])
def test_private_addresses_are_refused(url):
    Endpoint.objects.create(url=url)
    accept(build.submission())
    delivery = deliver()
    assert delivery.state == "dead"
    assert "not on the public internet" in delivery.last_error


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "0.0.0.0", "172.16.0.1",  # noqa: S104
     "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "ff02::1", "::"],
)  # fmt: skip
def test_private_addresses_are_recognised(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_recognised(address):
    assert is_public(address)


def test_the_checked_address_is_the_one_connected_to(monkeypatch):
    """A host name that changes between check and connection cannot reach a private address."""
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **kwargs: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]
    )
    with pytest.raises(AddressRefusedError):
        open_socket("crm.example", 80)


def test_a_receiver_that_never_finishes_times_out(settings, monkeypatch):
    settings.WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.5)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.1):
                    try:
                        connection.sendall(b"X-A: b\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(OSError):  # noqa: PT011
            http.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        done.set()
        thread.join(10)
