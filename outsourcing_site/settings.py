"""
All settings, every one that varies read from the environment. README.md lists the variables.

Closed by default: unless DJANGO_DEBUG is on, a missing secret key, host list or site address stops the
start with one sentence. Any variable may instead name a file: DJANGO_SECRET_KEY_FILE=/run/secrets/key.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environ import FileAwareEnv

django_stubs_ext.monkeypatch()  # so that `ModelAdmin[Lead]` is valid at run time

BASE_DIR = Path(__file__).resolve().parent.parent
env = FileAwareEnv()


def text(name: str, default: str = "") -> str:
    """The variable, or what stands in the file that `name`_FILE names; as it is, also where it begins with `$`."""
    try:
        value: str = env.ENVIRON.get(name, default)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    return value.strip()


def required(name: str, in_debug: str, hint: str) -> str:
    """The variable, which has to be set; `in_debug` stands in for it while DJANGO_DEBUG is on, and only then."""
    value = text(name, in_debug if DEBUG else "")
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
    """Whether the value is scheme and host alone."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.path or parts.query)


# --- What this installation is

DEBUG = switch("DJANGO_DEBUG")
SECRET_KEY = required(
    "DJANGO_SECRET_KEY", get_random_secret_key(), "give 50 or more random characters, and keep them secret."
)
SECRET_KEY_FALLBACKS = items(text("DJANGO_SECRET_KEY_FALLBACKS"))
ALLOWED_HOSTS = items(
    required("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "give the host names, separated by commas.")
)
SITE_URL = required("SITE_URL", "http://127.0.0.1:8000", "give the public address, https://example.com").rstrip("/")
SITE_IS_SECURE = SITE_URL.casefold().startswith("https://")
if not is_site_url(SITE_URL):
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}: give scheme and host alone, https://example.com")

# How many reverse proxies of ours stand between the internet and this process, each of which appends to
# X-Forwarded-For. 0 means visitors connect directly and the header is not believed.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)

number("WEB_CONCURRENCY", 1)  # read by gunicorn, which would stop with a traceback

VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var")))
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR is {str(VAR_DIR)!r}, which cannot be made: {error.strerror}.") from None

SPOOL_DIR = Path(text("SPOOL_DIR", str(VAR_DIR / "spool")))

# --- Applications

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "django_prose_editor",
    "company",
    "articles",
    "leads",
    "leads.outbox",  # last of those with models: see outsourcing_site/apps.py
    "outsourcing_site",
]

# Django 6 ships this middleware and reads SECURE_CSP itself: django-csp goes when 5.2 does.
CSP_IS_BUILT_IN = django.VERSION >= (6, 0)

MIDDLEWARE = [
    "outsourcing_site.middleware.TimeLimitMiddleware",
    "outsourcing_site.health.HealthMiddleware",
    "outsourcing_site.metrics.LatencyMiddleware",
    "outsourcing_site.page_cache.PageCacheMiddleware",  # holds finished answers: what is below has done its work
    "django.middleware.security.SecurityMiddleware",
    "outsourcing_site.middleware.SecurityHeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if CSP_IS_BUILT_IN
    else "outsourcing_site.middleware.ContentPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "outsourcing_site.middleware.CookiesForStaffMiddleware",
    "outsourcing_site.login_rate_limit.LoginRateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

FORCE_SCRIPT_NAME = ""  # the site stands at the root; no header of a request says otherwise
ROOT_URLCONF = "outsourcing_site.urls"
WSGI_APPLICATION = "outsourcing_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # For the admin alone: public pages are drawn without a request (company/rendering.py).
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

CRISPY_TEMPLATE_PACK = "quick"
CRISPY_ALLOWED_TEMPLATE_PACKS = ("quick",)
CRISPY_FAIL_SILENTLY = False

# --- Database

DATABASE_URL = text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
try:
    if urlsplit(DATABASE_URL).scheme not in ("sqlite", "postgres", "postgresql"):
        raise ValueError
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
except ValueError:  # whose text may hold the password
    raise ImproperlyConfigured(
        "DATABASE_URL is not understood: give postgres://user:password@host:5432/name or sqlite:////path/to/file."
    ) from None

# The backends are Django's, with time limits and a circuit breaker: outsourcing_site/databases/limits.py.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "outsourcing_site.databases.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue up instead of failing, and what was committed survives a power cut.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds; less in the web server: outsourcing_site/wsgi.py
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    given = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["ENGINE"] = "outsourcing_site.databases.postgresql"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Limits that parameters of DATABASE_URL override: ?connect_timeout=5&options=-c%20statement_timeout=60s
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 2,  # seconds, for each host
        "tcp_user_timeout": 3000,  # milliseconds
        "keepalives_idle": 3,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        **given,
        "options": f"-c statement_timeout=10s -c lock_timeout=5s -c TimeZone=UTC {given.get('options', '')}".strip(),
    }

DATABASES["default"]["CONN_MAX_AGE"] = 60

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache: rate limits alone

CACHE_URL = text("CACHE_URL")
try:
    cache = env.cache_url_config(CACHE_URL) if CACHE_URL else {}
    if CACHE_URL and urlsplit(CACHE_URL).scheme not in ("redis", "rediss"):
        raise ValueError
except (ValueError, KeyError, ImproperlyConfigured):  # whose text may hold the password
    raise ImproperlyConfigured("CACHE_URL is not understood: give redis://:password@host:6379/0") from None
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",  # each process counts for itself
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
if cache:
    CACHES["default"] = {**cache, "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}}  # seconds

# --- Static files and uploads

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "outsourcing_site.storage.HashedStaticFilesStorage"
    },
}

# --- Mail and webhooks

EMAIL_URL = text("EMAIL_URL")
try:
    mail_server = env.email_url_config(EMAIL_URL) if EMAIL_URL else {}
except (ValueError, KeyError, ImproperlyConfigured):
    raise ImproperlyConfigured("EMAIL_URL is not understood: give smtp+tls://user:password@host:587") from None

# As Django 6.1 has it; read in leads/outbox/channels/email.py.
MAILERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "leads.outbox.channels.eml.EmlBackend", "OPTIONS": {}}}
if mail_server:
    MAILERS["default"] = {
        "BACKEND": mail_server["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": mail_server["EMAIL_HOST"],
            "port": mail_server["EMAIL_PORT"] or 25,
            "username": mail_server["EMAIL_HOST_USER"] or "",
            "password": mail_server["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": mail_server.get("EMAIL_USE_TLS", False),
            "use_ssl": mail_server.get("EMAIL_USE_SSL", False),
            "timeout": 10,
        },
    }
DEFAULT_FROM_EMAIL = text("MAIL_FROM", f"no-reply@{urlsplit(SITE_URL).hostname}")
WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES = switch("WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES")

# --- Numbers

METRICS_TOKEN = text("METRICS_TOKEN")

# --- Language and time

LANGUAGE_CODE = "en"
TIME_ZONE = "Asia/Manila"  # where the sales team works; stored times are UTC
USE_I18N = False
USE_TZ = True
HOME_REGION = "PH"  # whose phone numbers are read where the company has no phone line

# --- Security

SECURE_CSP = {
    "default-src": ["'none'"],
    "base-uri": ["'none'"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "img-src": ["'self'"],
    "manifest-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": SECURE_CSP}

UNUSED_FEATURES = [
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
    "microphone", "midi", "payment", "usb",
]  # fmt: skip

SECURE_REFERRER_POLICY = "same-origin"  # other sites learn nothing; our own posts say the whole address
SECURE_SSL_REDIRECT = SITE_IS_SECURE
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SITE_IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_SECURE
SECURE_HSTS_PRELOAD = SITE_IS_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = SITE_IS_SECURE
CSRF_COOKIE_SECURE = SITE_IS_SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Logging

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "outsourcing_site.logs.PrivateFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # The root handler prints these too; Django's own would mail them to nobody.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},  # a visitor's mistake (4xx) is no warning to an operator
    },
}
