"""What a script must be for a browser to run it (https://www.w3.org/TR/sri/)."""

import base64
from hashlib import file_digest

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

register = template.Library()


@register.simple_tag
def integrity(name: str) -> str:
    """The hash of the static file as it is served."""
    with open(file_of(name), "rb") as file:
        return f"sha256-{base64.b64encode(file_digest(file, 'sha256').digest()).decode()}"


def file_of(name: str) -> str:
    stored_name = getattr(staticfiles_storage, "stored_name", None)  # where names are hashed: production
    if stored_name is not None:
        return staticfiles_storage.path(stored_name(name))
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    return found
