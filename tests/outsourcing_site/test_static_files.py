import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders

from tests.support.production import prepared_template

STORAGE = {"BACKEND": "outsourcing_site.storage.HashedStaticFilesStorage"}


@pytest.fixture
def collected(settings) -> Path:
    """The static files as `manage.py prepare` collects them."""
    settings.STATIC_ROOT = prepared_template() / "static"
    settings.STORAGES = settings.STORAGES | {"staticfiles": STORAGE}
    return settings.STATIC_ROOT


def test_static_files_get_hashed_names_and_compression(collected):
    assert list(collected.glob("site.????????????.css"))
    assert list(collected.glob("site.????????????.css.gz"))
    editor = next((collected / "admin").glob("article-editor.????????????.js")).read_text()
    imported = re.search(r'from "\.\./(django_prose_editor/editor\.\w{12}\.js)"', editor)
    assert imported, "the import was not rewritten to the hashed name"
    assert (collected / imported[1]).exists()


def script_and_hash(client) -> tuple[str, bytes]:
    page = client.get("/contact/").content.decode()
    ((name, sha256),) = re.findall(r'src="/static/(site[.\w]*\.js)" integrity="sha256-([^"]+)"', page)
    return name, base64.b64decode(sha256)


@pytest.mark.django_db
def test_the_page_has_the_hash_of_the_served_script(client, collected):
    name, sha256 = script_and_hash(client)
    assert name != "site.js"
    assert sha256 == hashlib.sha256((collected / name).read_bytes()).digest()


@pytest.mark.django_db
def test_without_hashed_names_the_hash_is_of_the_source(client):
    name, sha256 = script_and_hash(client)
    assert sha256 == hashlib.sha256(Path(django_settings.BASE_DIR, "static", name).read_bytes()).digest()


def test_styles_name_only_files_that_exist():
    for sheet in [*Path(django_settings.BASE_DIR, "static").rglob("*.css")]:
        for name in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text()):
            assert name.startswith("data:") or finders.find(name)
