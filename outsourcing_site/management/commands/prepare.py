import json
import secrets
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from company.rendering import render_page

PAGES = {"500.html": "500.html", "413.html": "leads/too_large.html"}


class Command(BaseCommand):
    help = (
        "Prepare an installation: migrate, load the starter content into an empty site, create a staff account if "
        "there is none, collect static files, and render the error pages for the proxy. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_starter_content", verbosity=0)
        self.create_staff_account()
        if not settings.DEBUG:
            collect_static_files()
            write_error_pages()

    def create_staff_account(self) -> None:
        users = get_user_model().objects
        if users.filter(is_staff=True).exists():
            return
        password = secrets.token_urlsafe(12)
        name = "admin" if not users.filter(username="admin").exists() else f"admin-{secrets.token_hex(3)}"
        users.create_superuser(name, password=password)
        self.stdout.write(f"Created the staff account '{name}' with the password {password} - it is shown only now.")


def collect_static_files() -> None:
    """Collect and compress the static files, which takes seconds, unless they are the same as the last time."""
    root = Path(settings.STATIC_ROOT)
    record, digest = root / ".digest", static_digest()
    if record.is_file() and record.read_text() == digest:
        return
    record.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    record.write_text(digest)


def static_digest() -> str:
    """A hash of the names and contents of all static files, and of the storage in use."""
    files = [
        (name, sha256(Path(storage.path(name)).read_bytes()).hexdigest())
        for finder in get_finders()
        for name, storage in finder.list([])
    ]
    facts = [settings.STORAGES["staticfiles"]["BACKEND"], version("whitenoise"), sorted(files)]
    return sha256(json.dumps(facts).encode()).hexdigest()


def write_error_pages() -> None:
    """Render the error pages that the proxy sends itself (deploy/nginx.conf) into STATIC_ROOT."""
    folder = Path(settings.STATIC_ROOT) / "pages"
    folder.mkdir(exist_ok=True)
    for name, template in PAGES.items():
        (folder / name).write_bytes(render_page(template).content)
