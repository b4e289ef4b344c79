"""manage.py in a process of its own, as an operator runs it in production."""

import os
import subprocess
import sys

from tests.support.production import ROOT

PRODUCTION = {
    "DJANGO_SECRET_KEY": "k9" * 30 + "!x7Q",
    "DJANGO_ALLOWED_HOSTS": "example.com",
    "SITE_URL": "https://example.com",
    "DATABASE_URL": "postgres://site:secret@127.0.0.1:1/site",
}


def manage(*args: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """The result of `manage.py args` with PRODUCTION and these variables; None removes a variable."""
    given = {name: value for name, value in {**PRODUCTION, **environment}.items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": os.environ["VAR_DIR"], **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
