"""Without the database an enquiry is spooled on disk, and stored exactly once when the database is back."""

import json
import multiprocessing
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection

from leads import spool
from leads.intake import store
from leads.models import Submission
from tests import build
from tests.support.databases import database_away

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(spool_dir: Path) -> Path:
    return spool_dir


@pytest.fixture
def database() -> Iterator[ExitStack]:
    """The database is away until the test closes this."""
    with ExitStack() as stack:
        stack.enter_context(database_away())
        yield stack


def test_a_spooled_enquiry_keeps_the_reference_of_its_answer(client, database):
    wrong = client.post("/contact/", build.enquiry(last_name="https://a.example", page="/?utm_source=news"))
    again = client.post("/contact/", build.enquiry(page="/?utm_source=news"))
    assert wrong.status_code == 422  # validation needs no database
    assert again.status_code == 303
    database.close()
    assert spool.replay() == 1
    submission = Submission.objects.get()
    assert again["Location"].endswith(f"{submission.reference[:4]}-{submission.reference[4:]}")
    assert (submission.source, submission.phone_as_typed) == ("news", "0917 123 4567")
    assert submission.waiting


def test_a_double_click_is_stored_once(client, database):
    data = build.enquiry()
    locations = {client.post("/contact/", data)["Location"] for _ in range(3)}
    database.close()
    locations.add(client.post("/contact/", data)["Location"])
    assert len(locations) == 1
    spool.replay()
    assert Submission.objects.count() == 1
    assert spool.replay() == 0


def test_two_enquiries_with_one_question_are_both_stored(client, database):
    data = build.enquiry()
    texts = {"Ten designers in Makati.", "Two lawyers in Cebu, soon."}
    shown = {client.post("/contact/", {**data, "space_requirements": text})["Location"] for text in texts}
    database.close()
    spool.replay()
    assert set(Submission.objects.values_list("space_requirements", flat=True)) == texts
    assert len(shown) == 2


def test_enquiries_are_stored_in_their_order(folder):
    for number in range(5):
        spool.keep(build.submission(space_requirements=f"Desks for {number} people"))
        if number == 2:
            (folder / "enquiries.jsonl").rename(folder / "enquiries-00000000000000000001.jsonl")
    assert spool.replay() == 5
    assert [submission.space_requirements[10] for submission in Submission.objects.order_by("id")] == list("01234")


def test_without_the_database_the_spool_keeps_its_lines(database):
    spool.keep(build.submission())
    for _ in range(2):
        with pytest.raises(OperationalError):
            spool.replay()
    database.close()
    assert spool.replay() == 1
    assert Submission.objects.count() == 1


def test_an_interrupted_replay_is_repeated(monkeypatch):
    for _ in range(3):
        spool.keep(build.submission())
    stored: list[Submission] = []

    def store_two(submission):
        if len(stored) == 2:
            raise OperationalError("the database went away")
        store(submission)
        stored.append(submission)

    with monkeypatch.context() as patch:
        patch.setattr(spool, "store", store_two)
        with pytest.raises(OperationalError):
            spool.replay()
    assert spool.replay() == 3
    assert Submission.objects.count() == 3


@pytest.mark.parametrize("torn", [b'{"key": "ab', b"\xff\xfe", b"[]", b"{}", b'"text"', b"null", b"\n"])
def test_an_unreadable_line_does_not_block_other_lines(folder, torn):
    spool.keep(build.submission())
    with (folder / "enquiries.jsonl").open("ab") as file:
        file.write(torn)
    spool.keep(build.submission())
    spool.replay()
    assert Submission.objects.count() == 2
    if torn.strip():
        assert (folder / "unreadable.jsonl").read_bytes() == torn + b"\n"
    assert list(folder.glob("enquiries*.jsonl")) == []


@pytest.fixture
def misshapen(folder) -> Iterator[ExitStack]:
    """The database refuses each enquiry, as with a column of the next release, until the test closes this."""

    def fail(execute, sql, params, many, context):
        if "leads_submission" in sql:
            raise IntegrityError("null value in column of the next release\nDETAIL:  Failing row contains (Ana, Reyes)")
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(fail))
        yield stack


def test_a_refused_enquiry_is_retried_until_it_is_stored(client, misshapen, folder, monkeypatch, caplog):
    assert client.post("/contact/", build.enquiry()).status_code == 303
    assert spool.replay() == 0
    assert spool.count_lines(folder / spool.REFUSED) == 1
    assert not (folder / spool.UNREADABLE).exists()
    assert spool.replay() == 0  # not before RETRY_SECONDS
    monkeypatch.setattr(spool, "RETRY_SECONDS", -1)
    assert spool.replay() == 0
    misshapen.close()
    assert spool.replay() == 1
    assert Submission.objects.get().first_name == "Ana"
    assert list(folder.glob("*.jsonl")) == []
    assert "Reyes" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_refused_enquiry_does_not_block_others(folder):
    spool.keep(build.submission())
    path = folder / spool.NEW
    line = json.loads(path.read_text())
    path.write_text(json.dumps({**line, "first_name": None}) + "\n")
    spool.keep(build.submission())
    assert spool.replay() == 1
    assert Submission.objects.count() == 1
    assert spool.count_lines(folder / spool.REFUSED) == 1


@pytest.mark.parametrize("changes", [{"new_column": "x"}, {"is_canary": None}, {"search_text": "old"}])
def test_a_line_of_an_earlier_or_later_release_is_stored(folder, changes):
    spool.keep(build.submission())
    path = folder / spool.NEW
    line = {**json.loads(path.read_text()), **changes}
    line = {name: value for name, value in line.items() if value is not None}
    line.pop("waiting")
    path.write_text(json.dumps(line) + "\n")
    assert spool.replay() == 1
    assert Submission.objects.get().waiting


def test_two_spooled_enquiries_with_one_old_key_are_both_stored(folder):
    texts = {"Ten designers in Makati.", "Two lawyers in Cebu, soon."}
    for text in texts:
        spool.keep(build.submission(key="a" * 64, space_requirements=text))
    path = folder / spool.NEW
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        del line["waiting"]
    for _ in range(2):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        spool.replay()
    assert set(Submission.objects.values_list("space_requirements", flat=True)) == texts
    assert Submission.objects.count() == 2


def test_a_repaired_line_is_replayed(folder):
    spool.keep(build.submission())
    path = folder / spool.NEW
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + b"\n")
    assert spool.replay() == 0
    (folder / spool.UNREADABLE).write_bytes(whole)
    out = StringIO()
    call_command("respool", stdout=out)
    assert out.getvalue() == "1 will be tried again by the worker.\n"
    assert spool.replay() == 1
    call_command("respool", stdout=out)
    assert out.getvalue().endswith("0 will be tried again by the worker.\n")


def test_each_host_has_its_own_spool_and_replay(settings, tmp_path):
    submission = build.submission()
    for host in ("a", "b"):
        settings.SPOOL_DIR = tmp_path / host
        spool.keep(build.submission(email=f"{host}@example.com"))
        spool.keep(submission)  # a retry that reached the other host
    for host, count in (("a", 2), ("b", 2)):
        settings.SPOOL_DIR = tmp_path / host
        assert spool.replay() == count
    assert Submission.objects.count() == 3


def test_a_full_disk_answers_503_with_the_form_and_phone_lines(client, database, folder):
    database.close()
    build.company().phone_lines.create(label="PH", number="(+632) 7796540")
    client.get("/")
    folder.mkdir(exist_ok=True)
    (folder / "enquiries.jsonl").symlink_to("/dev/full")
    with database_away():
        response = client.post("/contact/", build.enquiry(first_name="Ligaya"))
    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert 'value="Ligaya"' in page
    assert "(+632) 7796540" in page
    assert "Error:" in page


def fill_up(folder: Path, failed: "multiprocessing.Queue[int]") -> None:
    size = (folder / "enquiries.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))
    try:
        spool.keep(build.submission())
    except spool.SpoolError:
        failed.put((folder / "enquiries.jsonl").stat().st_size - size)


def test_a_partly_written_line_is_removed(folder):
    spool.keep(build.submission())
    context = multiprocessing.get_context("fork")
    failed = context.Queue()
    process = context.Process(target=fill_up, args=(folder, failed))
    process.start()
    process.join(30)
    assert failed.get(timeout=5) == 0
    assert spool.replay() == 1


def keep_many(number: int) -> None:
    for line in range(50):
        spool.keep(build.submission(key=f"{number:032x}{line:032x}", space_requirements="Desks, " * 500))


def test_lines_of_simultaneous_processes_do_not_mix(folder):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=keep_many, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert spool.replay() == 200
    assert Submission.objects.count() == 200


def test_one_replay_runs_at_a_time():
    spool.keep(build.submission())
    with spool.locked("replay.lock"):
        assert spool.replay() == 0
    assert spool.replay() == 1


def test_spooled_lines_are_counted():
    assert spool.waiting()[0] == 0
    spool.keep(build.submission())
    assert spool.waiting()[0] == 1
    spool.replay()
    assert spool.waiting()[0] == 0


def test_the_spool_is_readable_by_its_owner_only(folder):
    spool.keep(build.submission())
    assert folder.stat().st_mode & 0o077 == 0
