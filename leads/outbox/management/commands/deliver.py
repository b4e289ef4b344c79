import logging
import signal
from datetime import datetime
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import connection

from leads import spool
from leads.capture.flood import forget_counts
from leads.outbox import silence, worker
from leads.triage import reminders

IDLE_SECONDS = 1
AWAY_SECONDS = 2
CHORES = (silence.check, reminders.check, forget_counts)

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Send what waits in the outbox and store what waits in the spool, until SIGTERM or Ctrl-C, which let the "
        "present step finish. Several may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when nothing is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        last_beat = last_check = None
        while not stop.is_set():
            wait = 0
            try:
                last_beat = worker.beat(last_beat)
                if last_beat != last_check:  # as often as it says that it lives
                    do_chores(last_beat)
                    last_check = last_beat
                if not (spool.replay() or worker.step()):
                    if options["once"]:
                        return
                    wait = IDLE_SECONDS
            except DatabaseError as error:
                if options["once"]:
                    raise
                logger.warning("The database is away: %s", str(error).strip().partition("\n")[0])
                connection.close()
                wait = AWAY_SECONDS
            stop.wait(wait)


def do_chores(now: datetime) -> None:
    """One that fails is reported and tried again; mail does not wait for it."""
    for chore in CHORES:
        try:
            chore(now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("%s.%s failed; messages go on.", chore.__module__, chore.__name__)
