"""
No enquiry is lost or stored twice while processes are killed and the database is stopped, frozen or on the schema of
another release.

Fifteen seconds here; `FAULT_SECONDS=60` for the long run, `FAULT_SEED=…` to repeat one.
"""

import logging
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.processes import DELIVERY_WORKERS, Postgres, Site, SQLite, databases_of_its_own, site
from tests.support.tools import find_tool
from tests.support.visitors import ANSWER_SECONDS_MAX, Client

CLIENTS = 16
ON_POSTGRES = ["web", "web", "master", "worker", "stop", "crash", "freeze", "freeze", "schema", "spool"]
ON_SQLITE = ["web", "web", "master", "worker", "spool"]
SECONDS = int(os.environ.get("FAULT_SECONDS", "15"))
SETTLE_SECONDS = 120
SEED = int(os.environ.get("FAULT_SEED", random.randrange(10**6)))

logging.getLogger("mail.log").setLevel(logging.WARNING)
pytestmark = [pytest.mark.xdist_group("faults"), databases_of_its_own]


def settle(running: Site) -> None:
    """Wait until everything is sent: failed messages at once, those of a killed worker after its lease."""
    running.mail.failing = running.hook.failing = False
    now = "now()" if isinstance(running.database, Postgres) else "datetime('now')"
    running.database.execute(
        f"UPDATE outbox_delivery SET next_attempt_at = {now} WHERE state = 'pending' AND last_error > ''"  # noqa: S608
    )
    for _ in range(SETTLE_SECONDS):
        ((waiting,),) = running.database.execute("SELECT count(*) FROM leads_submission WHERE waiting")
        ((pending,),) = running.database.execute("SELECT count(*) FROM outbox_delivery WHERE state <> 'sent'")
        if not waiting + pending and not list(running.folder.glob("var/spool/*.jsonl")):
            return
        time.sleep(1)


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_no_enquiry_is_lost_or_duplicated(tmp_path: Path, kind: str) -> None:
    find_tool("runuser", "util-linux")
    print(f"{kind}, seed {SEED}, {SECONDS} s")
    database = Postgres() if kind == "postgres" else SQLite(tmp_path / "var" / "db.sqlite3")
    with site(tmp_path, SEED, database) as running:
        stop = threading.Event()
        clients = [Client(number, running.port, stop, random.Random(SEED + number)) for number in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(running.random.uniform(0.2, 1.5))
            running.break_something(ON_POSTGRES if kind == "postgres" else ON_SQLITE)
        stop.set()
        for thread in threads:
            thread.join(120)
        settle(running)

        accepted = {text: reference for client in clients for text, reference in client.accepted.items()}
        statuses = sum((client.statuses for client in clients), Counter())
        slowest = max(client.slowest_seconds for client in clients)
        stored = running.database.execute(
            "SELECT space_requirements, reference, lead_id IS NOT NULL FROM leads_submission"
        )
        deliveries = [
            (purpose, str(UUID(str(key))), state)
            for purpose, key, state in running.database.execute("SELECT purpose, key, state FROM outbox_delivery")
        ]
        left = list(running.folder.glob("var/spool/*.jsonl"))
        log = (running.folder / "gunicorn.log").read_text() + (running.folder / "deliver.log").read_text()
        spooled = log.count("it is spooled")

    texts = Counter(text for text, _, _ in stored)
    lost = [text for text in accepted if text not in texts]
    doubled = [text for text, count in texts.items() if count > 1]
    other_reference = [text for text, reference, _ in stored if accepted.get(text, reference) != reference]
    held = [text for text, _, has_lead in stored if not has_lead]
    mails = {key.partition("@")[0].strip("<"): count for key, count in running.mail.arrived.items()}
    unsent = [
        key for purpose, key, _ in deliveries if key not in (mails if purpose == "alert" else running.hook.arrived)
    ]
    again = sum(count - 1 for count in [*mails.values(), *running.hook.arrived.values()])
    print(f"{len(accepted)} accepted, {len(stored)} stored, statuses {dict(statuses)}, broken {dict(running.broken)}")
    print(f"{spooled} times the spool stood in for the database; the slowest answer took {slowest:.1f} s")
    print(f"{len(lost)} lost, {len(doubled)} doubled, {len(unsent)} not sent, {again} sent again with the same id")
    assert (lost, doubled, other_reference, held) == ([], [], [], [])
    assert set(statuses) <= {200, 303}, "a page was not shown, or a valid post was not accepted"
    assert slowest < ANSWER_SECONDS_MAX
    assert left == []
    away = running.broken["stop"] + running.broken["crash"] + running.broken["freeze"] + running.broken["schema"]
    assert spooled or not away
    assert len(deliveries) == 2 * len(stored)
    assert {state for _, _, state in deliveries} == {"sent"}
    assert unsent == []
    unheard = running.mail.taken_unheard + running.broken["worker"] + DELIVERY_WORKERS * (away + 1)
    assert again <= unheard, "more was sent twice than can be helped"
    assert "Enquiry 1 of client" not in log, "personal data in the log"
    assert len(accepted) > 20 * SECONDS / 15
    assert len(running.broken) >= 2
