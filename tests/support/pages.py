"""The public pages: their addresses, their text, and the Quick Contact form as a visitor reads and sends it."""

import re
from typing import Any
from urllib.parse import urlencode

EXPLAINER = "/articles/key-differences-between-bpo-and-kpo/"

# An address of each public view, by the name of its URL pattern.
PUBLIC = {
    "home": "/",
    "article_detail": "/articles/rent-and-run/",
    "contact": "/contact/",
    "thanks": "/contact/thanks/?ref=7KQ2-M4XW",
    "privacy": "/privacy/",
    "feed": "/feed/",
    "sitemap": "/sitemap.xml",
    "robots": "/robots.txt",
    "security_txt": "/.well-known/security.txt",
    "manifest": "/site.webmanifest",
    "favicon": "/favicon.ico",
    "media": "/media/illustrations/a.svg",
}


def text_of(response: Any) -> str:
    """The body of a response of Django's test client."""
    text: str = response.content.decode()
    return text


def hidden_value(html: str, name: str) -> str:
    """The value of a hidden field of the form on the page."""
    return html.partition(f'name="{name}" value="')[2].partition('"')[0]


def right_answer(text: str) -> str:
    """The answer to the Math Question in the text of a page."""
    question = re.search(r"What is (\d) \+ (\d)\?", text)
    assert question, text
    return str(int(question[1]) + int(question[2]))


def enquiry(html: str, **changes: str) -> bytes:
    """The body of a POST of the form on the page, with valid values."""
    fields = {
        "first_name": "Ana",
        "last_name": "Reyes",
        "phone": "0917 123 4567",
        "email": "ana@example.com",
        "space_requirements": "Ten designers in Makati by March.",
        "math_answer": right_answer(html),
        "math_challenge": hidden_value(html, "math_challenge"),
        "page": hidden_value(html, "page"),
        **changes,
    }
    return urlencode(fields).encode()
