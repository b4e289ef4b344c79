from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from articles.illustration import MAX_BYTES, measure
from tests import build

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}/>'


def raster(image_format: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30)).save(file, image_format)
    return file.getvalue()


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 1200 630"', (1200, 630)),
        ('viewBox="0,0,1200.5,630"', (1200, 630)),
        ('width="300" height="150px" viewBox="0 0 1200 630"', (300, 150)),
        ('width="100%" height="100%" viewBox="0 0 4 3"', (4, 3)),
    ],
)
def test_an_svg_is_measured(attributes, size):
    assert measure(build.upload("a.svg", SVG.format(attributes).encode())) == size


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_a_photograph_is_measured(image_format):
    assert measure(build.upload(f"a.{image_format.lower()}", raster(image_format))) == (40, 30)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.svg", b"<svg", "not well-formed"),
        ("a.svg", b"<html/>", "not SVG"),
        ("a.svg", SVG.format("").encode(), "neither its width"),
        ("a.svg", b"<!DOCTYPE svg>" + SVG.format('viewBox="0 0 1 1"').encode(), "document type"),
        ("a.png", b"GIF89a", "not a picture"),
        ("a.png", raster("PNG")[:20], "not a picture"),
        ("a.png", b"", "not a picture"),
        ("a.png", bytes(MAX_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_an_invalid_picture_is_refused_with_a_reason(name, content, sentence):
    with pytest.raises(ValidationError, match=sentence):
        measure(build.upload(name, content))


@pytest.mark.django_db
def test_a_picture_missing_on_disk_is_a_validation_error():
    article = build.article(illustration=build.upload("a.png", raster("PNG")))
    Path(article.illustration.path).unlink()
    article.refresh_from_db()
    with pytest.raises(ValidationError, match="upload it again"):
        article.full_clean()
