"""Visitors of a site whose processes and database fail."""

import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.support.pages import enquiry

ANSWER_SECONDS_MAX = 5
THINK_SECONDS_MAX = 0.5
SECOND_CLICK = 0.2  # probability of a double click


@dataclass
class Client:
    """A visitor who sends an enquiry again until it is answered."""

    number: int
    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    chance: random.Random = field(default_factory=random.Random)
    accepted: dict[str, str] = field(default_factory=dict)  # text → reference
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0
    sent: int = 0

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"X-Forwarded-For": f"10.{self.number}.{self.sent // 250}.{self.sent % 250}"}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            started = time.monotonic()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
            self.statuses[response.status] += 1
            return response.status, response.headers.get("Location", ""), text
        except TimeoutError:
            self.slowest_seconds = 30
            raise
        finally:
            connection.close()

    def run(self) -> None:
        while not self.stop.is_set():
            self.sent += 1
            text = f"Enquiry {self.sent} of client {self.number}: ten desks."
            try:
                page = self.request("GET", "/contact/")[2]
            except (OSError, http.client.HTTPException):
                continue  # without a page there is no form to post
            self.post(
                text, enquiry(page, space_requirements=text, email=f"client{self.number}.{self.sent}@example.com")
            )
            self.stop.wait(self.chance.uniform(0, THINK_SECONDS_MAX))

    def post(self, text: str, body: bytes) -> None:
        for _ in range(50):
            try:
                status, location, _ = self.request("POST", "/contact/", body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)  # the worker was killed before it answered: the visitor sends again
                continue
            if status == 303 and self.chance.random() < SECOND_CLICK and text not in self.accepted:
                self.accepted[text] = location.rpartition("=")[2].replace("-", "")
                continue
            if status == 303:
                self.accepted[text] = location.rpartition("=")[2].replace("-", "")
            return
