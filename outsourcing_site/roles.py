"""Who may do what in the admin: the groups that exist after every migration."""

from django.apps import apps

SALES = [
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
    "Sales": SALES,
    "Sales managers": [
        *SALES,
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
    "Editors": [
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
    """Create the groups that are missing, and give each the permissions its work needs. Takes none away."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for role, names in ROLES.items():
        group, _ = group_model.objects.get_or_create(name=role)
        for name in names:
            app_label, codename = name.split(".")
            group.permissions.add(permission_model.objects.get(content_type__app_label=app_label, codename=codename))
