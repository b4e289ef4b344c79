"""Request bodies without a Content-Length (`Transfer-Encoding: chunked`), which Django reads as empty."""

from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 6 * 1024 * 1024  # the highest limit in deploy/nginx.conf: pictures of 5 MB
TOO_LARGE = b"The request is larger than this site can take.\n"


def with_content_length(application: WSGIApplication) -> WSGIApplication:
    """
    WSGI middleware that reads a chunked body and passes it on with its length. Answers 413 above MAX_BODY_BYTES.

    Needs a server that decodes chunks and ends the input with the body, and says so (`wsgi.input_terminated`).
    """

    def application_with_length(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(TOO_LARGE)))]
                start_response("413 Content Too Large", headers)
                return [TOO_LARGE]
            environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
            del environ["HTTP_TRANSFER_ENCODING"]
        return application(environ, start_response)

    return application_with_length
