from django.contrib.auth.models import User
from django.http import HttpRequest


class AuthenticatedHttpRequest(HttpRequest):
    """A request of a signed-in member of staff. Django builds none: annotate or cast where the admin has checked it."""

    user: User
