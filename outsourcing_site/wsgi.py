"""The WSGI entry point; gunicorn loads it once, before it forks its workers."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection

from outsourcing_site.chunked import with_content_length
from outsourcing_site.databases.limits import VISITOR_SECONDS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outsourcing_site.settings")
try:
    application = with_content_length(get_wsgi_application())
except ImproperlyConfigured as error:
    sys.exit(f"Cannot start: {' '.join(str(error).split())}")

if connection.vendor == "sqlite":
    # If another process writes for longer than this, a visitor's enquiry is spooled; workers and commands wait longer.
    connection.settings_dict["OPTIONS"]["timeout"] = VISITOR_SECONDS
