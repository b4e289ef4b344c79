"""The groups of staff and their permissions; created after each migration."""

from django.contrib.auth.models import Group, Permission

from leads.staff import MANAGERS, SALES

EDITORS = "Editors"
SALES_PERMISSIONS = [
    "leads.view_lead",
    "leads.change_lead",
    "leads.view_submission",
    "leads.view_event",
    "leads.view_quarantine",
    "leads.change_quarantine",
    "outbox.view_delivery",
    "outbox.change_delivery",
]
ROLES = {
    SALES: SALES_PERMISSIONS,
    MANAGERS: [
        *SALES_PERMISSIONS,
        "leads.assign_lead",
        "leads.merge_lead",
        "leads.export_lead",
        "leads.see_all_numbers",
        "leads.view_export",
        *(
            f"leads.{action}_{model}"
            for action in ("view", "add", "change")
            for model in ("salessettings", "screeningrules", "holiday", "replytemplate")
        ),
        "leads.delete_holiday",
        "leads.delete_replytemplate",
        *(
            f"outbox.{action}_{model}"
            for action in ("view", "add", "change")
            for model in ("endpoint", "outboxsettings")
        ),
        "outbox.delete_endpoint",
    ],
    EDITORS: [
        "articles.view_article",
        "articles.add_article",
        "articles.change_article",
        "company.view_company",
        "company.add_company",
        "company.change_company",
        "company.view_phoneline",
        "company.add_phoneline",
        "company.change_phoneline",
        "company.delete_phoneline",
        "company.view_socialprofile",
        "company.add_socialprofile",
        "company.change_socialprofile",
        "company.delete_socialprofile",
    ],
}


def create_roles() -> None:
    """Create missing groups and add missing permissions of ROLES. Removes none, so that manual grants stay."""
    for role, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        for permission in permissions:
            app_label, codename = permission.split(".")
            group.permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
