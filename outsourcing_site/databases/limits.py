"""
Time limits for the database, and a circuit breaker for one that does not answer.

PostgreSQL has limits of its own (statement_timeout, lock_timeout), but a frozen server does not enforce them, and no
setting limits COMMIT. So the client enforces a limit too: a watchdog thread shuts down the socket of a connection whose
statement or commit exceeds its limit, and the driver reports a lost connection. After a failed connect or a statement
that exceeded its limit, the breaker is open: every use of the database fails at once for AWAY_SECONDS. Then one thread
tries again.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, get_ident, local
from time import monotonic, sleep
from typing import Protocol, TypeVar

from django.db import OperationalError, connection

VISITOR_SECONDS = 3.0  # for all statements of a visitor's request together
STATEMENT_SECONDS = 12.0  # for one statement or commit of staff and workers; statement_timeout is shorter
AWAY_SECONDS = 2.0
UNLIMITED_SECONDS = 24 * 3600.0
TICK_SECONDS = 0.1


class HasSocket(Protocol):
    """A driver's connection, as the watchdog needs it."""

    def fileno(self) -> int: ...


class Closable(Protocol):
    """A driver's connection, as connect_in_time() needs it."""

    def close(self) -> None: ...


Connection = TypeVar("Connection", bound=Closable)

deadline = local()  # `at`: the moment, by monotonic(), until which this thread may use the database


@contextmanager
def database_within(seconds: float) -> Iterator[None]:
    """Limit this thread inside the block to `seconds` for all statements together, including the connect."""
    deadline.at = monotonic() + seconds
    try:
        yield
    finally:
        vars(deadline).pop("at", None)


def lift_limits() -> None:
    """
    Let this thread wait for a day, and switch statement_timeout off, until restore_limits(): for the migration of a
    large table. lock_timeout stays.
    """
    deadline.at = monotonic() + UNLIMITED_SECONDS
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def restore_limits() -> None:
    vars(deadline).pop("at", None)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def seconds_left() -> float:
    """The limit of this thread's next statement. Raises OperationalError if its time is over."""
    at: float | None = getattr(deadline, "at", None)
    if at is None:
        return STATEMENT_SECONDS
    left = at - monotonic()
    if left <= 0:
        raise OperationalError("The time limit of this request for the database is over.")
    return left


class Breaker:
    """A circuit breaker: open while the database is known not to answer. Statements and connects then fail at once."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.is_failing = False
        self.away_until = 0.0
        self.prober: int | None = None

    def is_open(self) -> bool:
        return self.is_failing and monotonic() < self.away_until and self.prober != get_ident()

    def enter(self) -> None:
        """
        Call before each use of the database. Raises OperationalError while the breaker is open.

        After AWAY_SECONDS one thread may try. For the others the breaker stays open until that thread has a result, or
        for another AWAY_SECONDS.
        """
        if not self.is_failing:
            return
        with self.lock:
            if self.is_open():
                raise OperationalError("The database did not answer a moment ago; the next attempt is due in a moment.")
            self.prober = get_ident()
            self.away_until = monotonic() + AWAY_SECONDS

    def failed(self) -> None:
        with self.lock:
            self.is_failing, self.prober = True, None
            self.away_until = monotonic() + AWAY_SECONDS

    def succeeded(self) -> None:
        if self.is_failing:
            with self.lock:
                self.is_failing, self.prober, self.away_until = False, None, 0.0


breaker = Breaker()


@dataclass
class Watched:
    """A running statement, on the driver's connection. `until` is its deadline by monotonic()."""

    connection: HasSocket
    until: float
    was_late: bool = False


class Watchdog:
    """Ends statements that exceed their limit. One thread in each process, started with its first statement."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.running: dict[int, Watched] = {}
        self.process = 0

    @contextmanager
    def watching(self, driver_connection: HasSocket) -> Iterator[None]:
        """Watch the block as one statement. Raises OperationalError if the time of this thread is over."""
        watched = self.begin(driver_connection)
        try:
            yield
        finally:
            self.end(watched)

    def begin(self, driver_connection: HasSocket) -> Watched:
        """Watch a statement until end(). Raises OperationalError if the time of this thread is over."""
        if self.process != os.getpid():  # threads do not survive a fork
            self.start()
        watched = Watched(driver_connection, monotonic() + seconds_left())
        self.running[id(watched)] = watched
        return watched

    def end(self, watched: Watched) -> None:
        with self.lock:
            self.running.pop(id(watched), None)
        if watched.was_late:
            breaker.failed()

    def start(self) -> None:
        self.process, self.lock, self.running = os.getpid(), Lock(), {}
        Thread(target=self.run, name="database-watchdog", daemon=True).start()

    def run(self) -> None:
        while True:
            sleep(TICK_SECONDS)
            now = monotonic()
            for key, watched in list(self.running.items()):
                if now > watched.until:
                    with self.lock:
                        if key in self.running and not watched.was_late:
                            watched.was_late = True
                            hang_up(watched.connection)


watchdog = Watchdog()


def hang_up(driver_connection: HasSocket) -> None:
    """Shut down the connection's socket. This wakes the thread that waits for it, where the driver closes it."""
    with suppress(Exception), socket.socket(fileno=os.dup(driver_connection.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


def connect_in_time(connect: Callable[[], Connection]) -> Connection:
    """
    The driver's connection that `connect` returns. Raises OperationalError if that exceeds this thread's limit.

    It runs in a thread of its own: libpq tries several hosts in turn, each with its own connect_timeout, and cannot
    be interrupted.
    """
    outcome: SimpleQueue[Connection | Exception] = SimpleQueue()
    is_abandoned = Event()

    def run() -> None:
        try:
            driver_connection = connect()
        except Exception as error:
            outcome.put(error)
            return
        outcome.put(driver_connection)
        if is_abandoned.is_set():
            driver_connection.close()

    breaker.enter()
    Thread(target=run, name="database-connect", daemon=True).start()
    try:
        result = outcome.get(timeout=seconds_left())
    except Empty:
        is_abandoned.set()
        with suppress(Empty, AttributeError):  # AttributeError: the outcome is an exception
            outcome.get_nowait().close()  # type: ignore[union-attr]
        breaker.failed()
        raise OperationalError("The database did not answer in time.") from None
    if isinstance(result, Exception):
        breaker.failed()
        raise result
    breaker.succeeded()
    return result
