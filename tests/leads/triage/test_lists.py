"""Every list of the admin renders, with a row for each branch of its columns."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from leads.actions.change_status import change_status
from leads.actions.merge import merge
from leads.actions.quarantine import mark_spam, release
from leads.models import Export, Holiday, Lead, Quarantine, ReplyTemplate, Status
from leads.outbox.models import Delivery, Endpoint
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(superuser) -> None:
    """A row for each branch of each column."""
    now = timezone.now()
    ben = build.staff("Sales", first_name="Ben", last_name="Cruz", email="ben@site.example")
    build.company()
    build.article()
    build.article(status="draft")

    new = build.lead(received_at=now, space_requirements="Ten desks.\nBy March.")
    build.lead(email=new.email, received_at=now)  # wrote again
    build.lead(first_name="Late", received_at=now - timedelta(days=9))
    build.lead(first_name="Typed", phone="", phone_as_typed="call the desk", received_at=now)
    build.lead(first_name="Extended", phone_extension="12", phone_as_typed="0917 000 0000 ext 12", received_at=now)
    build.lead(first_name="Viber", phone_as_typed="0917 000 0000 Viber", received_at=now)
    owned = build.lead(first_name="Owned", attribution={"source": "google", "gclid": "x"}, received_at=now)
    Lead.objects.filter(pk=owned.pk).update(owner=ben, follow_up_on=now.date())
    for status in (Status.CONTACTED, Status.QUALIFIED, Status.LOST, Status.SPAM):
        lead = build.lead(first_name=status.label, received_at=now)
        change_status(lead, status, actor=ben, at=now, reason="Too expensive")
    proposal = build.lead(first_name="Proposal", received_at=now)
    for status in (Status.CONTACTED, Status.PROPOSAL, Status.WON):
        change_status(proposal, status, actor=ben, at=now)
    merge(build.lead(first_name="Merged", received_at=now), new, actor=ben, at=now)

    held = accept(build.submission(first_name="Held", leave_blank="x", email="held@example.com"))
    released = accept(build.submission(first_name="Released", leave_blank="x", email="released@example.com"))
    release(released.quarantine, actor=ben, at=now)
    mark_spam(build.lead(first_name="Spammer", received_at=now).submissions.get(), actor=ben, at=now)
    assert held.lead is None

    Endpoint.objects.create(url="https://crm.example/hook")
    Endpoint.objects.create(url="https://gone.example/hook", is_active=False, switched_off="It answered 410.")
    for state in Delivery.State.values:
        Delivery.objects.create(purpose="notice", recipient=f"{state}@site.example", state=state, last_error="late")
    Export.objects.create(actor=ben, at=now, file_format="csv")
    Export.objects.create(actor=ben, at=now, file_format="xlsx", rows_expected=2, rows_written=2, finished_at=now)
    Holiday.objects.create(day=now.date(), name="Town fiesta")
    Holiday.objects.create(day=now.date() + timedelta(days=1), name="Worked", is_working_day=True)
    ReplyTemplate.objects.create(name="Later", text="Hello")


def lists() -> list[str]:
    return sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


@pytest.mark.parametrize("name", lists())
def test_every_list_and_its_change_pages_render(rows, superuser, name):
    url = reverse(f"admin:{name}_changelist")
    response = superuser.get(url, {"status": "all"} if name == "leads_lead" else {}, follow=True)
    assert response.status_code == 200
    if "cl" in (response.context_data or {}):
        assert response.context_data["cl"].result_list, f"no row in {name}"
        for row in response.context_data["cl"].result_list:
            page = superuser.get(reverse(f"admin:{name}_change", args=[row.pk]))
            assert page.status_code == 200, row


def test_the_inbox_renders_each_kind_of_lead(rows, superuser):
    page = superuser.get("/admin/leads/lead/?status=all").content.decode()
    for text in [
        '<span class="badge again">wrote again</span>', "overdue by", "due in", "call the desk", "not read", " ext. 12",
        "0917 000 0000 Viber", "Ben Cruz", ", follow up ", "Ten designers in Makati by March.<small>",
        '<span class="badge lost">Lost</span>', '<span class="badge won">Won</span>',
    ]:  # fmt: skip
        assert text in page, text
    assert "Merged" not in page
    assert "Merged" in superuser.get("/admin/leads/lead/?status=merged").content.decode()


def test_the_quarantine_renders_held_and_released_enquiries(rows, superuser):
    page = superuser.get("/admin/leads/quarantine/?state=all").content.decode()
    assert ("Held Reyes" in page, "Released Reyes" in page) == (True, True)
    assert Quarantine.objects.waiting().count() == 3


def test_the_lead_page_renders_each_branch(rows, superuser):
    pages = [superuser.get(f"/admin/leads/lead/{lead.pk}/change/").content.decode() for lead in Lead.objects.all()]
    for text in ["in quarantine", "Merged into", "Undo the merge", "Too expensive", "wrote again", "Assign to me"]:
        assert any(text in page for page in pages), text
