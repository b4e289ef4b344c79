"""No template has inline script or style, which the Content-Security-Policy forbids."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "email")
DJANGO = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}")


class InlineCode(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        is_data = names.get("type") == "application/ld+json"
        if tag == "style" or (tag == "script" and "src" not in names and not is_data):
            self.inline.append(tag)
        self.inline += [name for name in names if name == "style" or name.startswith("on")]
        self.inline += [value for value in names.values() if value and value.strip().lower().startswith("javascript:")]


def inline_code(html: str) -> list[str]:
    parser = InlineCode()
    parser.feed(DJANGO.sub("", html))
    return parser.inline


def test_templates_are_found():
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_inline_script_or_style(path):
    assert inline_code(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_public_template_uses_no_request_data(path):
    if "admin" not in path.relative_to(ROOT).parts:
        tags = " ".join(DJANGO.findall(path.read_text(encoding="utf-8")))
        assert not re.search(r"csrf_token|\brequest\b|\buser\b|\bmessages\b", tags)


@pytest.mark.parametrize(
    "html",
    ["<style>a{}</style>", "<p style='a'>", "<script>x()</script>", "<a onclick=x()>", '<a href="javascript:x()">'],
)
def test_inline_code_is_recognised(html):
    assert inline_code(html)


def test_pages_refuse_inline_code(client, db):
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert client.get("/admin/login/")["Content-Security-Policy"] == policy or "default-src 'none'" in policy
