"""
Response times of the sales inbox with a thousand, a hundred thousand and a million leads, in one run:

    bin/with-postgres .venv/bin/python -m benchmarks.triage
    .venv/bin/python -m benchmarks.triage 1000 100000     # SQLite, in a temporary folder

The leads of five years, of a team of eight: random but seeded, so that all runs have the same. At every size 500 leads
are open. The site runs in this process. A sales manager requests the pages, at the sizes in turn; each figure is the
median of the rounds.
"""

import os
import subprocess
import sys
import tempfile


def main() -> None:
    counts = [int(argument) for argument in sys.argv[1:]] or [1_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "VAR_DIR": folder,
            "DJANGO_SECRET_KEY": "x" * 50,
            "DJANGO_ALLOWED_HOSTS": "*",
            "SITE_URL": "http://localhost",
        }
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "collectstatic", "--no-input"], env=env, check=True, capture_output=True)
        code = f"from benchmarks.many_leads import measure; measure({counts})"
        sys.exit(subprocess.run([*manage, "shell", "--verbosity=0", "--command", code], env=env).returncode)


if __name__ == "__main__":
    main()
