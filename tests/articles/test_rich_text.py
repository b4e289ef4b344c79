import pytest

from articles.models import Article
from articles.rich_text import sanitise
from tests import build


@pytest.mark.parametrize(
    "html",
    [
        "<h2>A heading</h2><p>Text, <strong>bold</strong>, <em>italic</em>.<br>A line.</p>",
        "<ul><li><p>One</p></li></ul><ol><li><p>Two</p></li></ol><blockquote><p>Said.</p></blockquote>",
        "<table><tbody><tr><th><p>Goal</p></th><td><p>Cost</p></td></tr></tbody></table>",
    ],
)
def test_formatting_of_the_editor_is_kept(html):
    assert sanitise(html) == html


@pytest.mark.parametrize("address", ["https://example.com/a", "mailto:ana@example.com", "tel:+6327796540"])
def test_links_are_kept(address):
    assert f'href="{address}"' in sanitise(f'<p><a href="{address}">there</a></p>')


@pytest.mark.parametrize(
    "html",
    [
        "<p>Safe<script>alert(1)</script></p>",
        '<p onclick="alert(1)">Safe</p>',
        '<p style="position:fixed">Safe</p>',
        '<p>Safe<img src="x" onerror="alert(1)"></p>',
        '<p>Safe</p><iframe src="https://example.com"></iframe>',
        '<p><a href="javascript:alert(1)">Safe</a></p>',
        "<p>Safe<style>body{display:none}</style></p>",
        '<p>Safe</p><form action="https://example.com"><input name="phone"></form>',
        '<p>Safe</p><svg><a href="javascript:alert(1)">Safe</a></svg>',
    ],
)
def test_active_content_is_removed_and_its_text_kept(html):
    clean = sanitise(html)
    assert "Safe" in clean
    for danger in ["script", "onclick", "onerror", "style", "iframe", "javascript", "<form", "<input", "<svg"]:
        assert danger not in clean


@pytest.mark.django_db
def test_the_body_is_sanitised_when_it_is_saved():
    article = build.article(body="<p>Fine</p><script>alert(1)</script>")
    assert Article.objects.get(pk=article.pk).body == "<p>Fine</p>"
