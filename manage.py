#!/usr/bin/env python3
"""Django's command line. A wrong configuration ends it with one sentence instead of a traceback."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outsourcing_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in sys.argv:
            raise
        hint = " (database: check DATABASE_URL)" if isinstance(error, OperationalError) else ""
        sys.exit(f"Cannot run: {' '.join(str(error).split())}{hint}")


if __name__ == "__main__":
    main()
