"""With the database away an enquiry waits on the disk, and is stored exactly once when the database is back."""

import json
import multiprocessing
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from leads import spool
from leads.intake import accept
from leads.models import Lead, Submission
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path / "spool"
    return settings.SPOOL_DIR


@pytest.fixture
def database() -> Iterator[ExitStack]:
    """Closing it brings the database back."""

    def fail(*args, **kwargs):
        raise OperationalError("the database went away")

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(fail))
        yield stack


def test_a_visitor_is_thanked_with_the_reference_that_is_stored_later(client, database):
    response = client.post("/contact/", build.enquiry(last_name="Pe\u2028ña", page="/?utm_source=news"))
    again = client.post("/contact/", build.enquiry(page="/?utm_source=news"))
    assert response.status_code == 422  # a line separator is no name: validation needs no database
    assert again.status_code == 303
    database.close()
    assert spool.replay() == 1
    submission = Submission.objects.get()
    assert again["Location"].endswith(f"{submission.reference[:4]}-{submission.reference[4:]}")
    assert (submission.source, submission.phone_as_typed) == ("news", "0917 123 4567")
    assert submission.lead == Lead.objects.get()


def test_a_double_click_is_stored_once(client, database):
    data = build.enquiry()
    locations = {client.post("/contact/", data)["Location"] for _ in range(3)}
    database.close()
    locations.add(client.post("/contact/", data)["Location"])
    assert len(locations) == 1
    spool.replay()
    assert Submission.objects.count() == 1
    assert spool.replay() == 0


def test_two_enquiries_under_one_key_are_both_stored_and_found_by_what_was_shown(client, database):
    data = build.enquiry()
    texts = {"Ten designers in Makati.", "Two lawyers in Cebu, soon."}
    shown = {client.post("/contact/", {**data, "space_requirements": text})["Location"] for text in texts}
    database.close()
    for _ in range(2):
        spool.replay()
    assert set(Submission.objects.values_list("space_requirements", flat=True)) == texts
    assert len(shown) == 1
    assert Submission.objects.values("reference").distinct().count() == 1


def test_enquiries_are_stored_in_their_order(folder):
    for number in range(5):
        spool.keep(build.submission(space_requirements=f"Desks for {number} people"))
        if number == 2:
            (folder / "enquiries.jsonl").rename(folder / "enquiries-00000000000000000001.jsonl")
    assert spool.replay() == 5
    assert [each.space_requirements[10] for each in Submission.objects.order_by("id")] == list("01234")


def test_with_the_database_away_still_everything_waits_on(database):
    spool.keep(build.submission())
    for _ in range(2):
        with pytest.raises(OperationalError):
            spool.replay()
    database.close()
    assert spool.replay() == 1
    assert Submission.objects.count() == 1


def test_a_replay_that_broke_off_is_repeated(monkeypatch):
    for _ in range(3):
        spool.keep(build.submission())
    accepted: list[Submission] = []

    def accept_two(submission):
        if len(accepted) == 2:
            raise OperationalError("the database went away")
        accepted.append(accept(submission))

    with monkeypatch.context() as patch:
        patch.setattr(spool, "accept", accept_two)
        with pytest.raises(OperationalError):
            spool.replay()
    assert spool.replay() == 3
    assert Submission.objects.count() == 3


@pytest.mark.parametrize("torn", [b'{"key": "ab', b"\xff\xfe", b"[]", b"{}", b'"text"', b"null", b"\n"])
def test_a_torn_or_foreign_line_costs_no_other(folder, torn):
    spool.keep(build.submission())
    with (folder / "enquiries.jsonl").open("ab") as file:
        file.write(torn)
    spool.keep(build.submission())
    spool.replay()
    assert Submission.objects.count() == 2
    if torn.strip():
        assert (folder / "unreadable.jsonl").read_bytes() == torn + b"\n"
    assert list(folder.glob("enquiries*.jsonl")) == []


def test_what_the_database_can_never_take_is_put_aside(folder):
    spool.keep(build.submission(received_at=build.NOON))
    path = folder / "enquiries.jsonl"
    line = json.loads(path.read_text())
    path.write_text(json.dumps({**line, "first_name": None}) + "\n")
    spool.keep(build.submission())
    spool.replay()
    assert Submission.objects.count() == 1
    assert len((folder / "unreadable.jsonl").read_text().splitlines()) == 1


def test_a_full_disk_keeps_what_was_typed_and_shows_the_phone_lines(client, database, folder):
    database.close()
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    client.get("/")
    folder.mkdir()
    (folder / "enquiries.jsonl").symlink_to("/dev/full")
    with connection.execute_wrapper(broken):
        response = client.post("/contact/", build.enquiry(first_name="Ligaya"))
    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert 'value="Ligaya"' in page
    assert "(+632) 7796540" in page
    assert "Error:" in page


def broken(*args, **kwargs):
    raise OperationalError("the database went away")


def fill_up(folder: Path, failed: "multiprocessing.Queue[int]") -> None:
    size = (folder / "enquiries.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))
    try:
        spool.keep(build.submission())
    except spool.SpoolError:
        failed.put((folder / "enquiries.jsonl").stat().st_size - size)


def test_a_disk_that_fills_up_in_the_middle_of_a_line_leaves_no_trace(folder):
    spool.keep(build.submission())
    context = multiprocessing.get_context("fork")
    failed = context.Queue()
    process = context.Process(target=fill_up, args=(folder, failed))
    process.start()
    process.join(30)
    assert failed.get(timeout=5) == 0
    assert spool.replay() == 1


def keep_many(number: int) -> None:
    for each in range(50):
        spool.keep(build.submission(key=f"{number:032x}{each:032x}", space_requirements="Desks, " * 500))


def test_processes_write_at_once_and_no_line_is_mixed(folder):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=keep_many, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert spool.replay() == 200
    assert Submission.objects.count() == 200


def test_one_replay_at_a_time():
    spool.keep(build.submission())
    with spool.locked("replay.lock"):
        assert spool.replay() == 0
    assert spool.replay() == 1


def test_what_waits_is_counted():
    assert spool.waiting()[0] == 0
    spool.keep(build.submission())
    assert spool.waiting()[0] == 1
    spool.replay()
    assert spool.waiting()[0] == 0


def test_only_we_may_read_what_waits(folder):
    spool.keep(build.submission())
    assert folder.stat().st_mode & 0o077 == 0
