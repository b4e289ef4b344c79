"""
Readers of environment variables, for settings.py.

Any variable may instead be given as a file: DJANGO_SECRET_KEY_FILE=/run/secrets/key. A missing or wrong value raises
ImproperlyConfigured with one sentence that says what to give, and that does not quote a password.
"""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

variables = FileAwareEnv()


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that `name`_FILE names. `$NAME` is no reference to another variable."""
    try:
        value: str = variables.ENVIRON.get(name, default)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    return value.strip()


def required(name: str, in_debug: str, hint: str) -> str:
    """The variable, which must not be empty. `in_debug` is its default while DJANGO_DEBUG is on, and only then."""
    value = text(name, in_debug if switch("DJANGO_DEBUG") else "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return value


def number(name: str, default: int) -> int:
    """The variable as a whole number, zero or more."""
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is {value!r}: give a whole number, zero or more.")
    return int(value)


def switch(name: str) -> bool:
    """The variable as on or off; off unless it is set."""
    value = text(name, "off").lower()
    if value not in ("on", "off", "true", "false", "1", "0", ""):
        raise ImproperlyConfigured(f"{name} is {value!r}: give on or off.")
    return value in ("on", "true", "1")


def items(value: str) -> list[str]:
    """`a, b` → `["a", "b"]`."""
    return [item.strip() for item in value.split(",") if item.strip()]


def is_site_url(value: str) -> bool:
    """Whether the value is an http or https URL of scheme and host alone."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.path or parts.query)


def database(name: str, default: str) -> dict[str, Any]:
    """The variable's URL as an entry of DATABASES."""
    url = text(name, default)
    try:
        if urlsplit(url).scheme not in ("sqlite", "postgres", "postgresql"):
            raise ValueError
        config: dict[str, Any] = variables.db_url_config(url)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is not understood: give postgres://user:password@host:5432/name or sqlite:////path/to/file."
        ) from None
    return config


def redis_cache(name: str) -> dict[str, Any]:
    """The variable's URL as an entry of CACHES; empty if it is not set."""
    url = text(name)
    try:
        config: dict[str, Any] = variables.cache_url_config(url) if url else {}
        if url and urlsplit(url).scheme not in ("redis", "rediss"):
            raise ValueError
    except (ValueError, KeyError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is not understood: give redis://:password@host:6379/0") from None
    return config


def mail_server(name: str) -> dict[str, Any]:
    """The variable's URL as Django's settings EMAIL_HOST and so on; empty if it is not set."""
    url = text(name)
    try:
        config: dict[str, Any] = variables.email_url_config(url) if url else {}
    except (ValueError, KeyError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is not understood: give smtp+tls://user:password@host:587") from None
    return config
