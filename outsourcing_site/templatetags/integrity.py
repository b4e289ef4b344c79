"""Subresource Integrity (https://www.w3.org/TR/sri/): browsers run a script only if it has the given hash."""

import base64
from hashlib import file_digest

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

register = template.Library()


@register.simple_tag
def integrity(name: str) -> str:
    """The value of the attribute `integrity` for a static file."""
    with open(static_path(name), "rb") as file:
        return f"sha256-{base64.b64encode(file_digest(file, 'sha256').digest()).decode()}"


def static_path(name: str) -> str:
    """The path of the static file. Raises FileNotFoundError."""
    stored_name = getattr(staticfiles_storage, "stored_name", None)  # only in production, where names are hashed
    if stored_name is not None:
        return staticfiles_storage.path(stored_name(name))
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return path
