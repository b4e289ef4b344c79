import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

STORAGE = {"BACKEND": "outsourcing_site.storage.HashedStaticFilesStorage"}


def test_static_files_are_collected_under_hashed_names_and_compressed(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": STORAGE}
    call_command("collectstatic", verbosity=0, interactive=False)
    assert list(tmp_path.glob("site.????????????.css"))
    assert list(tmp_path.glob("site.????????????.css.gz"))
    editor = next((tmp_path / "admin").glob("article-editor.????????????.js")).read_text()
    imported = re.search(r'from "\.\./(django_prose_editor/editor\.\w{12}\.js)"', editor)
    assert imported, "the import was not rewritten to the hashed name"
    assert (tmp_path / imported[1]).exists()


@pytest.mark.django_db
def test_the_page_says_the_hash_of_the_script_that_is_served(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    for storage in [STORAGE, settings.STORAGES["staticfiles"]]:
        settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
        call_command("collectstatic", verbosity=0, interactive=False)
        page = client.get("/contact/").content.decode()
        ((name, said),) = re.findall(r'src="/static/(site[.\w]*\.js)" integrity="sha256-([^"]+)"', page)
        assert base64.b64decode(said) == hashlib.sha256((tmp_path / name).read_bytes()).digest()


def test_styles_name_only_files_that_exist():
    for sheet in [*Path(settings.BASE_DIR, "static").rglob("*.css")]:
        for name in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text()):
            assert name.startswith("data:") or finders.find(name)
