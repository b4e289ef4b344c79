"""The WSGI entry point; gunicorn loads it once, before it forks its workers."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from outsourcing_site.chunked import with_whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outsourcing_site.settings")
try:
    application = with_whole_bodies(get_wsgi_application())
except ImproperlyConfigured as error:
    sys.exit(f"Cannot start: {' '.join(str(error).split())}")
