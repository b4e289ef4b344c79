"""Files that staff uploaded in the admin."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

# An SVG may contain a script. It does not run inside <img>, and this policy stops it when the file is opened alone.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file `path` below MEDIA_ROOT, or 404. A folder is never listed."""
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except OSError:  # a name that is invalid in the file system
        raise Http404 from None
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "public, max-age=3600"
    return response
