"""Request bodies without a Content-Length (`Transfer-Encoding: chunked`), which Django would take for empty."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

MAX_BODY_BYTES = 6 * 1024 * 1024  # as much as deploy/nginx.conf takes anywhere: pictures of 5 MB
TOO_LARGE = b"The request is larger than this site can take.\n"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_whole_bodies(application: Application) -> Application:
    """
    Read a chunked body first, and give it to the application with its length; more than MAX_BODY_BYTES is answered 413.

    Only where the server says that it decodes chunks and ends the input with the body (`wsgi.input_terminated`).
    """

    def whole(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(TOO_LARGE)))]
                start_response("413 Content Too Large", headers)
                return [TOO_LARGE]
            environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
            del environ["HTTP_TRANSFER_ENCODING"]
        return application(environ, start_response)

    return whole
