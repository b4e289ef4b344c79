"""Every page has a "Follow Us" region; on a new site it links to the feed."""

from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.template.loader import render_to_string

from company.models import SocialProfile
from company.rendering import last_details
from outsourcing_site.management.commands.prepare import PAGES as PAGES_OF_THE_PROXY
from tests import build
from tests.support.pages import EXPLAINER, PUBLIC

pytestmark = pytest.mark.django_db

ERRORS = ["400.html", "403.html", "404.html", "500.html", "too_many_logins.html", *PAGES_OF_THE_PROXY.values()]


class FollowUs(HTMLParser):
    """The links of the region that is named by the heading "Follow Us"."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.inside = False
        self.link = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.inside = self.inside or (tag == "nav" and named.get("aria-labelledby") == "follow-us")
        self.link = str(named.get("href")) if tag == "a" and self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "nav"
        self.link = ""

    def handle_data(self, data: str) -> None:
        if self.link:
            self.links[data] = self.link


def check(page: str, **profiles: str) -> None:
    assert page.count(">Follow Us</h2>") == 1
    assert list(FollowUs(page).links.items()) == [*profiles.items(), ("Feed", "/feed/")]


@pytest.fixture(autouse=True)
def fresh_site():
    call_command("load_starter_content", verbosity=0)


@pytest.mark.parametrize("url", [*PUBLIC.values(), EXPLAINER, "/nowhere/"])
def test_every_public_page_has_follow_us(client, url):
    response = client.get(url)
    if response["Content-Type"].startswith("text/html") and response.status_code != 302:
        check(response.content.decode())
    else:
        assert url in ["/feed/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/site.webmanifest",
                       "/favicon.ico"]  # fmt: skip


@pytest.mark.parametrize("template", ERRORS)
def test_every_error_page_has_follow_us(template):
    check(render_to_string(template, last_details()))


def test_the_answer_to_an_invalid_post_has_follow_us(client):
    response = client.post("/contact/", build.enquiry(email="not one"))
    assert response.status_code == 422
    check(response.content.decode())


def test_the_page_of_a_server_error_has_follow_us(client, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("away")

    client.raise_request_exception = False
    monkeypatch.setattr("articles.views.publish_page", fail)
    response = client.get("/")
    assert response.status_code == 500
    check(response.content.decode())


def test_profiles_with_an_address_come_before_the_feed(client):
    SocialProfile.objects.filter(network="LinkedIn").update(url="https://www.linkedin.com/company/bayani")
    check(client.get("/").content.decode(), LinkedIn="https://www.linkedin.com/company/bayani")
