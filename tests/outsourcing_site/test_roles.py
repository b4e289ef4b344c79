import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from outsourcing_site.roles import ROLES, create_roles

pytestmark = pytest.mark.django_db


def test_groups_exist_after_migrate_with_what_their_work_needs():
    for role, names in ROLES.items():
        held = Group.objects.get(name=role).permissions.select_related("content_type")
        assert {f"{each.content_type.app_label}.{each.codename}" for each in held} == set(names)


def test_migrating_again_keeps_what_was_granted_by_hand():
    sales = Group.objects.get(name="Sales")
    sales.permissions.add(Permission.objects.get(codename="view_article"))
    call_command("migrate", verbosity=0)
    assert sales.permissions.filter(codename="view_article").exists()


def test_a_lost_permission_comes_back():
    Group.objects.get(name="Sales").permissions.clear()
    Group.objects.get(name="Editors").delete()
    create_roles()
    test_groups_exist_after_migrate_with_what_their_work_needs()


@pytest.mark.parametrize(
    ("role", "sees", "sees_not"),
    [("sales", ["Leads", "Submissions"], ["Articles", "Company", "Users"]),
     ("editor", ["Articles", "Company"], ["Leads", "Submissions", "Users"])],
)  # fmt: skip
def test_each_role_finds_its_own_rooms_on_the_front_page(request, role, sees, sees_not):
    page = request.getfixturevalue(role).get("/admin/").content.decode()
    for name in sees:
        assert f">{name}</a>" in page
    for name in sees_not:
        assert f">{name}</a>" not in page
