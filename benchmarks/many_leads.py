"""Tables with up to a million leads, and response times of the inbox with them. Run by benchmarks/triage.py."""

import io
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from leads.admission.matching import email_skeleton, surname_at_domain
from leads.reference import reference_of
from leads.search_text import fold
from outsourcing_site.databases.limits import lift_limits

FIRST = (
    "Ana Maria Jose Juan Liza Carlo Grace Paolo Rosa Miguel Joy Ramon Ella Marco Nina Luis Aya Ben Carmen Diego".split()
)
LAST = [
    f"{a}{b}"
    for a in "Rey Cruz San Gar Lim Tan Del Bau Vil Oca Mer Pas".split()
    for b in "es tos cia mpo rin da no lla ra zon".split()
]
WANTS = "designers accountants developers nurses agents analysts engineers writers".split()
PLACES = "Makati Cebu Taguig Davao Pasig Clark Iloilo Manila".split()
SOURCES = [
    "",
    "google",
    "google / cpc / spring",
    "linkedin / social / bpo",
    "bing",
    "partner.example",
    "newsletter / email / may",
]
PAGES = ["/contact/", "/", "/articles/key-differences-between-bpo-and-kpo/"]
CLOSED = ["won"] * 2 + ["lost"] * 6 + ["spam"]
YEARS = 5
TEAM = 8
OPEN_LEADS = 500  # all from the last OPEN_DAYS days: a team's open work does not grow with its history
OPEN_DAYS = 30
TARGET_FROM_END = 4  # position of the lead that the searches look for
ROUNDS = 9


def lead_rows(count: int, owners: list[int], now: datetime) -> Iterator[dict[str, Any]]:
    """Rows of leads and their submissions, the oldest first. The last OPEN_LEADS are open."""
    chance = random.Random(count)  # noqa: S311 - seeded: the same rows in every run
    closed = count - OPEN_LEADS
    history, open_days = timedelta(days=365 * YEARS), timedelta(days=OPEN_DAYS)
    for number in range(count):
        is_open = number >= closed
        share = (count - number) / OPEN_LEADS if is_open else (closed - number) / closed
        at = now - (open_days * share if is_open else open_days + history * share)
        status = (
            chance.choice(["new", "contacted", "contacted", "qualified", "proposal"])
            if is_open
            else chance.choice(CLOSED)
        )
        waits = is_open and status == "new"
        is_target = number == count - TARGET_FROM_END
        first, last = chance.choice(FIRST), "Reyes" if is_target else chance.choice(LAST)
        who, where = f"{chance.randint(2, 90)} {chance.choice(WANTS)}", chance.choice(PLACES)
        wants = f"{who} and a team lead in {where} by {at + timedelta(days=60):%B %Y}. Ticket {number:x}."
        has_gmail = chance.random() < 0.6 and not is_target
        domain = "gmail.com" if has_gmail else f"firm{number % 5000}.example"
        follow_up = (at + timedelta(days=chance.randint(1, 20))).date() if is_open and chance.random() < 0.2 else None
        yield {
            "id": number + 1, "at": at, "first": first, "last": last, "status": status, "wants": wants,
            "email": f"{first}.{last}{number}@{domain}".lower(),
            "phone": f"+639{170000000 + number:09d}", "source": chance.choice(SOURCES), "page": chance.choice(PAGES),
            "owner": chance.choice([None, *owners]) if waits else chance.choice(owners),
            "due": at + timedelta(hours=chance.randint(1, 90)) if waits else None,
            "closed": None if is_open else at + timedelta(days=chance.randint(1, 30)),
            "minutes": None if waits else int(chance.expovariate(1 / 70)),
            "follow": follow_up,
            "key": key_of(number), "reference": reference_of(key_of(number)),
        }  # fmt: skip


def key_of(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


LEAD = (
    "id first_name last_name email phone phone_extension status lost_reason closed_at owner_id follow_up_on "
    "wrote_again version waiting_since due_at reminded escalated response_minutes first_touch last_touch first_page "
    "created_at last_submission_at surname_at_domain email_skeleton"
).split()
SUBMISSION = (
    "id key reference lead_id first_name last_name phone phone_extension phone_as_typed email "
    "space_requirements page attribution leave_blank client received_at search_text"
).split()
EVENT = ["lead_id", "kind", "at", "submission_id", "detail"]


def rows_of(row: dict[str, Any]) -> tuple[list[Any], list[Any], list[Any]]:
    text = fold(f"{row['first']} {row['last']} {row['email']} {row['phone']} {row['wants']}")
    lead = [
        row["id"], row["first"], row["last"], row["email"], row["phone"], "", row["status"],
        "Too expensive" if row["status"] == "lost" else "", row["closed"], row["owner"], row["follow"], False, 0,
        row["at"] if row["due"] else None, row["due"], True, True, row["minutes"], row["source"], row["source"],
        row["page"], row["at"], row["at"], surname_at_domain(row["last"], row["email"]), email_skeleton(row["email"]),
    ]  # fmt: skip
    submission = [
        row["id"], row["key"], row["reference"], row["id"], row["first"], row["last"], row["phone"], "", row["phone"],
        row["email"], row["wants"], row["page"], json.dumps({"source": row["source"]}), "", "", row["at"], text,
    ]  # fmt: skip
    return lead, submission, [row["id"], "opened", row["at"], row["id"], ""]


def fill(count: int, owners: list[int]) -> None:
    """Fill the tables, with COPY on PostgreSQL."""
    lift_limits()
    tables = [("leads_lead", LEAD), ("leads_submission", SUBMISSION), ("leads_event", EVENT)]
    is_postgres = connection.vendor == "postgresql"
    batch: list[tuple[list[Any], list[Any], list[Any]]] = []

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for index, (name, columns) in enumerate(tables):
                values = [rows[index] for rows in batch]
                if is_postgres:
                    text = "".join(
                        "\t".join("\\N" if v is None else str(v).replace("\\", "\\\\") for v in row) + "\n"
                        for row in values
                    )
                    cursor.cursor.copy_expert(f"COPY {name} ({','.join(columns)}) FROM STDIN", io.StringIO(text))
                else:
                    marks = ",".join(["%s"] * len(columns))
                    plain = [[v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row] for row in values]
                    cursor.executemany(f"INSERT INTO {name} ({','.join(columns)}) VALUES ({marks})", plain)
        batch.clear()

    for row in lead_rows(count, owners, datetime.now(UTC)):
        batch.append(rows_of(row))
        if len(batch) == 5000:
            write()
    write()
    with connection.cursor() as cursor:
        if is_postgres:
            for name, _ in tables:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")


def pages(count: int) -> dict[str, str]:
    target = count - TARGET_FROM_END
    return {
        "list: inbox": "/admin/leads/lead/",
        "list: mine": "/admin/leads/lead/?owner=me",
        "list: overdue": "/admin/leads/lead/?clock=overdue",
        "list: all": "/admin/leads/lead/?status=all",
        "filter: lost, by source": "/admin/leads/lead/?status=lost&source=google",
        "search: name and e-mail": f"/admin/leads/lead/?q=reyes+{target}%40firm",
        "search: phone": f"/admin/leads/lead/?q=0{9170000000 + target}",
        "search: reference": f"/admin/leads/lead/?q={reference_of(key_of(target))}",
        "search: words of the text": f"/admin/leads/lead/?q=ticket+{target:x}",
        "search: a word of many": "/admin/leads/lead/?q=accountants",
        "lead page": f"/admin/leads/lead/{target + 1}/change/",
        "dashboard": "/admin/",
    }


def use(count: int) -> None:
    """Connect to the database with `count` leads: a schema of its own on PostgreSQL, a file on SQLite."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.settings_dict["OPTIONS"]["options"] = f"-csearch_path=leads_{count},public"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS leads_{count}")
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    else:
        connection.settings_dict["NAME"] = settings.VAR_DIR / f"{count}.sqlite3"
    ContentType.objects.clear_cache()


def measure(counts: list[int]) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    clients = {}
    for count in counts:
        use(count)
        call_command("migrate", verbosity=0)
        team = [User.objects.create(username=f"sales{number}", is_staff=True) for number in range(TEAM)]
        for user in team:
            user.groups.set(Group.objects.filter(name="Sales managers"))
        fill(count, [user.pk for user in team])
        clients[count] = Client()
        clients[count].force_login(team[0])
    times: dict[str, dict[int, list[float]]] = {name: {count: [] for count in counts} for name in pages(counts[0])}
    for _ in range(ROUNDS):
        for count, client in clients.items():
            use(count)
            for name, url in pages(count).items():
                response_time(client, url)  # to warm up
                times[name][count].append(response_time(client, url))
    exports = {}
    for count, client in clients.items():
        use(count)
        exports[count] = download(client, count)
    report(counts, times, exports)


def response_time(client: Client, url: str) -> float:
    """Milliseconds until the page is complete. Exits if it is an error or has no lead."""
    started = time.perf_counter()
    response = client.get(url)
    taken = time.perf_counter() - started
    if response.status_code != 200 or b"No lead is called" in response.content:
        sys.exit(f"{url} answered {response.status_code}, or no lead")
    return 1000 * taken


def download(client: Client, count: int) -> tuple[float, float, int]:
    """Export all leads as CSV. Returns seconds, growth of the process's peak memory in MiB, and the number of rows."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak: proc(5)
    before = peak_memory()
    started = time.perf_counter()
    response: Any = client.post("/admin/leads/lead/export/csv/", {"filters": "status=all"})
    lines = sum(chunk.count(b"\r\n") for chunk in response.streaming_content) - 1
    if lines != count:
        sys.exit(f"{lines} rows were exported, of {count}")
    return time.perf_counter() - started, peak_memory() - before, lines


def peak_memory() -> float:
    """The process's peak memory in MiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def report(
    counts: list[int], times: dict[str, dict[int, list[float]]], exports: dict[int, tuple[float, float, int]]
) -> None:
    print(f"| ms | {' | '.join(f'{count:,}' for count in counts)} | last to first |\n|---|{'---|' * (len(counts) + 1)}")
    for name, times_of_page in times.items():
        medians = [statistics.median(times_of_page[count]) for count in counts]
        cells = " | ".join(f"{median:.0f}" for median in medians)
        print(f"| {name} | {cells} | {medians[-1] / medians[0]:.2f} |")
    print(f"\n| export as CSV | {' | '.join(f'{count:,}' for count in counts)} |\n|---|{'---|' * len(counts)}")
    print(f"| rows a second | {' | '.join(f'{rows / seconds:,.0f}' for seconds, _, rows in exports.values())} |")
    print(f"| peak memory grew by, MiB | {' | '.join(f'{grown:.1f}' for _, grown, _ in exports.values())} |")
