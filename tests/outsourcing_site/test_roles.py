from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from leads.models import Event, Export, Lead, Quarantine
from leads.outbox.models import Delivery
from outsourcing_site.roles import ROLES, create_roles
from tests import build
from tests.build import accept

pytestmark = pytest.mark.django_db


def test_migrate_creates_groups_with_their_permissions():
    for group, permissions in ROLES.items():
        granted = Group.objects.get(name=group).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app_label}.{codename}" for app_label, codename in granted} == set(permissions)


def test_migrate_keeps_manually_granted_permissions():
    sales = Group.objects.get(name="Sales")
    sales.permissions.add(Permission.objects.get(codename="view_article"))
    call_command("migrate", verbosity=0)
    assert sales.permissions.filter(codename="view_article").exists()


def test_a_lost_permission_is_restored():
    Group.objects.get(name="Sales").permissions.clear()
    Group.objects.get(name="Editors").delete()
    create_roles()
    test_migrate_creates_groups_with_their_permissions()


@pytest.mark.parametrize(
    ("role", "sees", "sees_not"),
    [("sales", ["Leads", "Submissions"], ["Articles", "Company", "Users"]),
     ("editor", ["Articles", "Company"], ["Leads", "Submissions", "Users"])],
)  # fmt: skip
def test_each_role_sees_its_own_models_on_the_front_page(request, role, sees, sees_not):
    page = request.getfixturevalue(role).get("/admin/").content.decode()
    for name in sees:
        assert f">{name}</a>" in page
    for name in sees_not:
        assert f">{name}</a>" not in page


SALES, MANAGERS, EDITORS, NOBODY = "Sales", "Sales managers", "Editors", "none"
WORK, RUN, WRITE = {SALES, MANAGERS}, {MANAGERS}, {EDITORS}
PAGES = {
    "leads/lead/": WORK,
    "leads/submission/": WORK,
    "leads/quarantine/": WORK,
    "outbox/delivery/": WORK,
    "leads/export/": RUN,
    "leads/salessettings/": RUN,
    "leads/salessettings/add/": RUN,
    "leads/screeningrules/add/": RUN,
    "leads/holiday/": RUN,
    "leads/holiday/add/": RUN,
    "leads/replytemplate/": RUN,
    "leads/replytemplate/add/": RUN,
    "outbox/outboxsettings/add/": RUN,
    "outbox/endpoint/": RUN,
    "outbox/endpoint/add/": RUN,
    "articles/article/": WRITE,
    "articles/article/add/": WRITE,
    "company/company/add/": WRITE,
    "leads/lead/add/": set(),
    "leads/submission/add/": set(),
    "leads/export/add/": set(),
    "outbox/delivery/add/": set(),
    "auth/user/": set(),
    "auth/group/": set(),
}


@pytest.fixture(params=[SALES, MANAGERS, EDITORS, NOBODY])
def role(request, client):
    groups = [] if request.param == NOBODY else [request.param]
    client.force_login(build.staff(*groups))
    return request.param


@pytest.mark.parametrize("page", PAGES)
def test_each_role_opens_its_own_pages(client, role, page):
    status = client.get(f"/admin/{page}", follow=True).status_code
    assert (status == 200) == (role in PAGES[page])
    assert status in (200, 403)


def on_page(**posted):
    """A POST on the page of a lead that another person owns."""
    return lambda client, lead: client.post(f"/admin/leads/lead/{lead.pk}/change/", {"version": lead.version, **posted})


def in_list(path, action, **posted):
    def post(client, lead):
        selected = {"lead": lead, "submission": lead.submissions.first()}
        row: Any = selected.get(path) or (Quarantine if path == "quarantine" else Delivery).objects.first()
        app = "outbox" if path == "delivery" else "leads"
        return client.post(f"/admin/{app}/{path}/", {"action": action, "_selected_action": [row.pk], **posted})

    return post


def export(client, lead):
    response = client.post("/admin/leads/lead/export/csv/", {"filters": "status=all"})
    if response.status_code == 200:
        b"".join(response.streaming_content)
    return response


ACTIONS = {
    "note": (on_page(do="note", text="x", key=str(uuid4())), WORK),
    "call": (on_page(do="call", outcome="reached", key=str(uuid4())), WORK),
    "reply": (on_page(do="reply", subject="x", text="y", key=str(uuid4())), WORK),
    "status": (on_page(do="status", status="contacted"), WORK),
    "follow up": (on_page(do="follow_up", day="2026-12-01"), WORK),
    "spam": (on_page(do="status", status="spam"), WORK),
    "take": (on_page(do="take"), RUN),
    "assign": (on_page(do="assign", owner=""), RUN),
    "merge": (lambda client, lead: on_page(do="merge", other=other(lead).pk)(client, lead), RUN),
    "move many": (in_list("lead", "move", status="contacted"), WORK),
    "take many": (in_list("lead", "take"), RUN),
    "assign many": (
        lambda client, lead: in_list("lead", "assign_to", to=str(build.staff("Sales").pk))(client, lead),
        RUN,
    ),
    "export": (export, RUN),
    "export many": (in_list("lead", "export_csv"), RUN),
    "mark spam": (in_list("submission", "mark_as_spam"), WORK),
    "release": (in_list("quarantine", "release_selected"), WORK),
    "retry": (in_list("delivery", "retry"), WORK),
}


def other(lead):
    return Lead.objects.exclude(pk=lead.pk).get()


def affected_rows():
    """All rows that an action may change."""
    return (
        list(Lead.objects.order_by("pk").values()),
        list(Event.objects.order_by("pk").values_list("kind", "detail")),
        list(Quarantine.objects.order_by("pk").values_list("submission", "released_at")),
        list(Delivery.objects.order_by("pk").values_list("state")),
        Permission.objects.count(),
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_each_role_performs_its_own_actions(client, role, action):
    owner = build.staff("Sales")
    lead = build.lead()
    build.lead()
    Lead.objects.update(owner=owner)
    Delivery.objects.update(state="dead")
    held = build.submission(leave_blank="x")
    accept(held)
    before = (*affected_rows(), Export.objects.count())
    post, allowed = ACTIONS[action]
    response = post(client, lead)
    done = (*affected_rows(), Export.objects.count()) != before
    assert done == (role in allowed), (response.status_code, role)
    assert response.status_code in ((200, 302) if done else (200, 302, 403))
