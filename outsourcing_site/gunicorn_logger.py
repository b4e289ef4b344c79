"""gunicorn's logger, named in deploy/gunicorn.conf.py. In a module of its own: only the web server needs gunicorn."""

from gunicorn.config import Config
from gunicorn.glogging import Logger

from outsourcing_site.logs import PrivateFormatter


class PrivateLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Formats gunicorn's messages and tracebacks as gunicorn does, without the texts that may quote personal data."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(PrivateFormatter(handler.formatter._fmt, handler.formatter.datefmt))
