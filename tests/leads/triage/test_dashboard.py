"""The numbers of the admin's front page: each is exact and links to its list."""

import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from leads.models import Lead, Quarantine
from leads.triage.dashboard import percentile, weeks
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def some_leads():
    now = timezone.now()
    ben = build.staff("Sales", first_name="Ben", last_name="Cruz")
    article = build.article(title="Rent and Run")
    for number in range(12):
        lead = build.lead(
            received_at=now - timedelta(days=number * 9, minutes=1),
            attribution={"source": "google"} if number % 2 else {},
            page=article.get_absolute_url() if number % 3 else "/contact/",
        )
        Lead.objects.filter(pk=lead.pk).update(
            status=["new", "contacted", "won", "lost"][number % 4],
            owner=ben if number % 4 else None,
            due_at=None if number % 4 else now - timedelta(hours=1),
            response_minutes=number * 10 if number % 4 else None,
        )
    Lead.objects.filter(pk=build.lead().pk).update(status="merged", due_at=None)
    return ben


def links(page: str) -> dict[str, tuple[int, str]]:
    """Number and address of each figure, by its label."""
    section = page[page.index('class="numbers"') :]
    tiles = re.findall(r'<a href="([^"]+)"><strong>([\d,]+)</strong> ([^<]+)</a>', section)
    rows = re.findall(r'<th scope="row">([^<]+)</th>.*?<td><a href="([^"]+)">(\d+)</a></td>', section, re.DOTALL)
    numbers = {name: (int(number), unescape(url)) for url, number, name in tiles}
    return numbers | {unescape(name): (int(number), unescape(url)) for name, url, number in rows}


@pytest.mark.usefixtures("some_leads")
def test_each_number_equals_the_count_of_its_list(manager):
    numbers = links(manager.get("/admin/").content.decode())
    assert numbers["Open"][0] == 6
    assert numbers["Overdue"][0] == 3
    assert (numbers["New"][0], numbers["Contacted"][0], numbers["Won"][0], numbers["Lost"][0]) == (3, 3, 2, 2)
    assert (numbers["google"][0], numbers["Not known"][0]) == (5, 5)
    assert (numbers["Rent and Run"][0], numbers["Quick Contact"][0]) == (6, 4)
    assert (numbers["Ben Cruz"][0], numbers["Nobody"][0]) == (7, 3)
    for name, (number, url) in numbers.items():
        if "/leads/lead/" in url:
            listed = manager.get(url).context["cl"].result_count
            assert listed == number, (name, url)
    assert sum(number for number, url in numbers.values() if "clock=answered" in url) == 7


def test_every_one_of_many_sources_is_listed(manager):
    for number in range(15):
        build.lead(received_at=timezone.now(), attribution={"source": f"partner {number}"})
    page = manager.get("/admin/").content.decode()
    assert "<summary>3 others</summary>" in page
    numbers = links(page)
    assert [numbers[f"partner {number}"][0] for number in range(15)] == [1] * 15


def test_sales_sees_its_own_and_unassigned_leads(client, some_leads):
    client.force_login(some_leads)
    page = client.get("/admin/").content.decode()
    assert "Your leads per day" in page
    numbers = links(page)
    assert (numbers["Open"][0], numbers["Unassigned"][0], numbers["Won"][0]) == (3, 3, 2)
    assert "By owner" not in page
    assert client.get(numbers["Won"][1]).context["cl"].result_count == 2


def test_quarantine_and_dead_letters_are_counted(manager):
    submission = build.lead().submissions.get()
    Quarantine.objects.create(submission=submission, reasons=["x"], since=timezone.now())
    build.deliveries(submission).update(state="dead")
    numbers = links(manager.get("/admin/").content.decode())
    assert numbers["In quarantine"][0] == 1
    assert numbers["Messages given up"][0] == build.deliveries(submission).count()


def test_an_empty_site_has_a_dashboard(manager):
    page = manager.get("/admin/").content.decode()
    assert "None yet." in page
    assert "Nobody was answered yet." in page


def test_each_chart_has_a_table_and_no_script_or_style(manager, some_leads):
    page = manager.get("/admin/").content.decode()
    section = page[page.index('class="numbers"') : page.index("</section>", page.index('class="numbers"'))]
    assert section.count("As a table") == 2
    assert "style=" not in section
    assert "<script" not in section


@pytest.mark.parametrize(
    ("values", "median", "slowest"),
    [([5], 5, 5), ([1, 2], 1, 2), ([1, 2, 3], 2, 3), (list(range(1, 11)), 5, 9), ([1] * 9 + [100], 1, 1)],
)
def test_percentiles_are_by_nearest_rank(values, median, slowest):
    counted = [(value, values.count(value)) for value in sorted(set(values))]
    assert (percentile(counted, 50), percentile(counted, 90)) == (median, slowest)


def test_weeks_begin_on_monday_in_manila():
    sunday_night = datetime(2026, 11, 22, 15, 59, tzinfo=timezone.get_default_timezone())
    for minutes, at in [(10, sunday_night), (30, sunday_night + timedelta(days=1))]:
        Lead.objects.filter(pk=build.lead(received_at=at).pk).update(response_minutes=minutes)
    lines = weeks(Lead.objects.order_by(), date(2026, 11, 18), {})["lines"]
    assert [(str(line["week"]), line["median"]) for line in lines] == [("2026-11-16", 10), ("2026-11-23", 30)]
    assert "2026-11-18..2026-11-22" in lines[0]["url"]  # only the counted days of the first week


def test_editors_see_no_numbers(editor):
    assert 'class="numbers"' not in editor.get("/admin/").content.decode()
    assert User.objects.count() == 1
