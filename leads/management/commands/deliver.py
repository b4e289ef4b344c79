import logging
import os
import signal
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from leads import reminders, spool
from leads.admission.admit import admit_waiting
from leads.monitoring import dead_letters, heartbeat, silence
from leads.outbox import worker

IDLE_SECONDS = 1
RETRY_SECONDS = 2  # after an error
CHORES_EVERY_SECONDS = 20
CHORES = (silence.check, reminders.check, dead_letters.check)
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
NICENESS = 10  # in a peak, the web server stores enquiries first

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Admit stored enquiries, replay the spool and send the messages of the outbox, until SIGTERM or Ctrl-C; the "
        "present step is finished first. Each web host needs one worker; several may run at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when nothing is due.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            while sum(run_logged(step) for step, _ in LOOPS):
                pass
            return
        os.nice(NICENESS)
        # Blocked in all threads and waited for. A handler that sets the event could interrupt the main thread while it
        # holds the event's lock, and wait for that lock forever.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        stop = Event()
        threads = [Thread(target=repeat, args=(*loop, stop), name=loop[0].__name__) for loop in LOOPS]
        for thread in threads:
            thread.start()
        signal.sigwait(STOP_SIGNALS)
        stop.set()
        for thread in threads:
            thread.join()


def repeat(step: Callable[[], bool], pause_seconds: float, stop: Event) -> None:
    """Repeat the step until `stop` is set, with a pause after a step that did nothing."""
    while not stop.is_set():
        try:
            pause = 0 if step() else pause_seconds
        except DatabaseError as error:
            logger.warning("The database cannot be used (%s).", type(error).__name__)
            connection.close()
            pause = RETRY_SECONDS
        except Exception:
            logger.exception("%s failed; it is tried again.", step.__name__)
            pause = RETRY_SECONDS
        stop.wait(pause)
    connection.close()


def run_logged(step: Callable[[], bool]) -> bool:
    """The result of the step. An error other than DatabaseError is logged, and the result is False."""
    try:
        return step()
    except DatabaseError:
        raise
    except Exception:
        logger.exception("%s failed.", step.__name__)
        return False


def admit() -> bool:
    return bool(admit_waiting(timezone.now()))


def replay() -> bool:
    heartbeat.beat()
    return bool(spool.replay())


def send() -> bool:
    return worker.step()


def do_chores() -> bool:
    """Run all chores. An error in one is logged and does not affect the others."""
    now = timezone.now()
    for chore in CHORES:
        try:
            chore(now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("%s.%s failed; the others go on.", chore.__module__, chore.__name__)
    return False


# Each step has its own thread, so that a slow mail server or an unusable spool delays no other step.
LOOPS = ((replay, IDLE_SECONDS), (admit, IDLE_SECONDS), (send, IDLE_SECONDS), (do_chores, CHORES_EVERY_SECONDS))
