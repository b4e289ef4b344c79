"""
The environment of the test suite, loaded by pytest before Django's settings (see pyproject.toml).

Only DATABASE_URL is taken from the caller: it selects the database of the suite.
"""

import os
from pathlib import Path

VAR_DIR = Path(__file__).resolve().parent.parent / "var" / "test"

SETTINGS = {
    "DJANGO_SECRET_KEY": "a key for tests alone, long enough to be taken for a secret",
    "DJANGO_ALLOWED_HOSTS": "testserver,localhost",
    "SITE_URL": "http://testserver",
    "VAR_DIR": str(VAR_DIR),
}

for name in [name for name in os.environ if name.startswith("DJANGO_")] + ["TRUSTED_PROXIES"]:
    os.environ.pop(name, None)
os.environ.update(SETTINGS)
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)
