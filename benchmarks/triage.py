"""
The sales inbox at a thousand, a hundred thousand and a million leads, side by side in one run:

    bin/with-postgres .venv/bin/python -m benchmarks.triage
    .venv/bin/python -m benchmarks.triage 1000 100000     # SQLite, in a folder that is removed

The leads of five years, of a team of eight: random but seeded, so that each run has the same. At each size 500 of them
are open. Pages are asked of the site in this process, as a sales manager, by turns of each size; each figure is the
median of the rounds.
"""

import os
import subprocess
import sys
import tempfile


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [1_000, 100_000, 1_000_000]
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
