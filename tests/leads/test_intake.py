"""store() inserts a submission by one statement, once, or raises an error."""

from datetime import timedelta

import psycopg2
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads import intake
from leads.intake import NotConfirmedError, store
from leads.models import ImmutableError, Lead, Submission
from tests import build
from tests.build import accept

KEY = "a" * 64


@pytest.mark.django_db
def test_a_submission_is_stored_by_one_statement():
    submission = build.submission(attribution={"source": "news"}, phone_extension="12")
    with CaptureQueriesContext(connection) as queries:
        store(submission)
    assert len(queries) == 1
    assert queries[0]["sql"].startswith("INSERT INTO")
    stored = Submission.objects.get()
    assert (stored.waiting, stored.lead, stored.attribution) == (True, None, {"source": "news"})
    assert (stored.received_at, stored.phone_extension) == (build.NOON, "12")
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_storing_a_submission_twice_changes_nothing():
    store(build.submission(key=KEY))
    store(build.submission(key=KEY, received_at=build.NOON + timedelta(minutes=1), page="/other/"))
    stored = Submission.objects.get()
    assert (stored.received_at, stored.page) == (build.NOON, "/contact/")


@pytest.mark.django_db
def test_an_admitted_submission_sent_again_stays_admitted():
    first = accept(build.submission(key=KEY))
    again = accept(build.submission(key=KEY))
    assert again == first
    assert (again.waiting, again.lead) == (False, first.lead)
    assert Lead.objects.get().wrote_again is False


@pytest.mark.django_db
def test_a_retry_also_waits_for_the_standby():
    store(build.submission(key=KEY))
    assert "DO UPDATE" in intake.statement()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin, ctid FROM leads_submission")
            before = cursor.fetchone()
            store(build.submission(key=KEY))
            cursor.execute("SELECT xmin, ctid FROM leads_submission")
            assert cursor.fetchone() != before


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_by_the_server_is_replaced_once():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's connections can be closed by the server")
    connection.ensure_connection()
    with psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None}) as other:
        other.cursor().execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()
    store(build.submission())
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_that_fails_is_not_retried(monkeypatch):
    tries = []

    def fail(submission, _):
        tries.append(submission)
        raise OperationalError("the database went away")

    monkeypatch.setattr(intake, "insert", fail)
    connection.close()
    with pytest.raises(OperationalError):
        store(build.submission())
    assert len(tries) == 1


@pytest.mark.django_db
def test_a_warning_instead_of_confirmation_means_not_stored(monkeypatch):
    """Such as "canceling wait for synchronous replication", which tests/faults/ causes for real."""
    if connection.vendor != "postgresql":
        pytest.skip("a warning of PostgreSQL")
    statement = intake.statement()
    function = (
        "CREATE FUNCTION pg_temp.warn() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'x'; RETURN ''; END$$"
    )
    with connection.cursor() as cursor:
        cursor.execute(function)
    monkeypatch.setattr(intake, "statement", lambda: f"{statement} RETURNING pg_temp.warn()")
    with pytest.raises(NotConfirmedError):
        store(build.submission())
    monkeypatch.undo()
    store(build.submission())  # the former warning does not count


@pytest.mark.django_db
def test_a_refused_submission_raises_a_django_error():
    with pytest.raises(DatabaseError), transaction.atomic():
        store(build.submission(first_name=None))


@pytest.mark.django_db
def test_a_stored_submission_never_changes():
    submission = accept(build.submission())
    submission.first_name = "Someone"
    with pytest.raises(ImmutableError):
        submission.save()
    with pytest.raises(ImmutableError):
        Submission.objects.update(email="someone@example.com")
    with pytest.raises(ImmutableError), transaction.atomic():
        Submission.objects.bulk_update([submission], ["first_name"])
    assert Submission.objects.get().first_name == "Ana"
