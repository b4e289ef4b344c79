"""Mail on a machine without a mail server: files."""

import logging
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)


class EmlBackend(BaseEmailBackend):
    """
    Writes each message to an .eml file in VAR_DIR/mail/, which mail programs open.

    The folder is private. Django's file backend writes files that every user of the machine can read.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.VAR_DIR) / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}.eml"
            partial = path.with_suffix(".part")
            with partial.open("wb") as file:
                file.write(message.message().as_bytes())
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
            logger.info("No mail server is set (EMAIL_URL): a mail is in %s", path)
        return len(email_messages)
