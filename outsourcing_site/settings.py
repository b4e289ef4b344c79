"""
All settings. Those that vary between installations are read from environment variables, which docs/operations.md lists.

Closed by default: unless DJANGO_DEBUG is on, a missing secret key, host list or site URL stops the start with one
sentence.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from outsourcing_site import env

django_stubs_ext.monkeypatch()  # so that `ModelAdmin[Lead]` is valid at run time

BASE_DIR = Path(__file__).resolve().parent.parent

# This installation

DEBUG = env.switch("DJANGO_DEBUG")
SECRET_KEY = env.required(
    "DJANGO_SECRET_KEY", get_random_secret_key(), "give 50 or more random characters, and keep them secret."
)
SECRET_KEY_FALLBACKS = env.items(env.text("DJANGO_SECRET_KEY_FALLBACKS"))
ALLOWED_HOSTS = env.items(
    env.required("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "give the host names, separated by commas.")
)
SITE_URL = env.required("SITE_URL", "http://127.0.0.1:8000", "give the public address, https://example.com").rstrip("/")
SITE_IS_SECURE = SITE_URL.casefold().startswith("https://")
if not env.is_site_url(SITE_URL):
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}: give scheme and host alone, https://example.com")

# The number of our reverse proxies between the internet and this process; each appends to X-Forwarded-For.
# 0 means that visitors connect directly and the header is not trusted.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)

env.number("WEB_CONCURRENCY", 1)  # gunicorn reads it, and would stop with a traceback

VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR is {str(VAR_DIR)!r}, which cannot be created: {error.strerror}.") from None

SPOOL_DIR = Path(env.text("SPOOL_DIR", str(VAR_DIR / "spool")))

# Applications

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
    "leads.outbox",  # the last one with models: see outsourcing_site/apps.py
    "outsourcing_site",
]

# Django 6 has this middleware and reads SECURE_CSP itself; django-csp is needed for 5.2 only.
CSP_IS_BUILT_IN = django.VERSION >= (6, 0)

MIDDLEWARE = [
    "outsourcing_site.middleware.TimeLimitMiddleware",
    "outsourcing_site.health.HealthMiddleware",
    "outsourcing_site.metrics.LatencyMiddleware",
    "outsourcing_site.page_cache.PageCacheMiddleware",  # holds responses as all middleware below has finished them
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

FORCE_SCRIPT_NAME = ""  # the site is at the root, whatever a request's headers say
ROOT_URLCONF = "outsourcing_site.urls"
WSGI_APPLICATION = "outsourcing_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # For the admin only: public pages are rendered without a request (company/rendering.py).
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

# Database

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}

# The backends are Django's, with time limits and a circuit breaker: outsourcing_site/databases/limits.py.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "outsourcing_site.databases.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        # Writers wait for each other instead of failing, and a commit survives a power failure.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds; less in the web server: outsourcing_site/wsgi.py
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    parameters = DATABASES["default"].get("OPTIONS", {})
    limits = "-c statement_timeout=10s -c lock_timeout=5s -c TimeZone=UTC"
    DATABASES["default"]["ENGINE"] = "outsourcing_site.databases.postgresql"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Parameters of DATABASE_URL override these limits: ?connect_timeout=5&options=-c%20statement_timeout=60s
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 2,  # seconds, for each host
        "tcp_user_timeout": 3000,  # milliseconds
        "keepalives_idle": 3,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        **parameters,
        "options": f"{limits} {parameters.get('options', '')}".strip(),
    }

DATABASES["default"]["CONN_MAX_AGE"] = 60

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache, used by rate limits only

redis_cache = env.redis_cache("CACHE_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",  # each process counts on its own
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
if redis_cache:
    CACHES["default"] = {**redis_cache, "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}}  # seconds

# Static files and uploads

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

# Mail and webhooks

mail_server = env.mail_server("EMAIL_URL")

# The form of Django 6.1's setting; read by leads/outbox/channels/email.py.
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
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"no-reply@{urlsplit(SITE_URL).hostname}")
WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES = env.switch("WEBHOOKS_MAY_REACH_PRIVATE_ADDRESSES")

# Metrics

METRICS_TOKEN = env.text("METRICS_TOKEN")

# Language and time

LANGUAGE_CODE = "en"
TIME_ZONE = "Asia/Manila"  # where the sales team works; stored times are UTC
USE_I18N = False
USE_TZ = True
HOME_REGION = "PH"  # the region of phone numbers while the company has no phone line

# Security

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

SECURE_REFERRER_POLICY = "same-origin"  # our own pages get the full URL, other sites nothing
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

# Logging

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
    # These go to the root handler; Django's own handlers would mail them to ADMINS, which is empty.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},  # a client error (4xx) is no warning for an operator
    },
}
