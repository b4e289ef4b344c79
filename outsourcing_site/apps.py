from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from outsourcing_site.roles import create_roles


class SiteConfig(AppConfig):
    name = "outsourcing_site"

    def ready(self) -> None:
        # Sent once per app with models, in the order of INSTALLED_APPS: after the outbox all permissions exist.
        post_migrate.connect(after_migrate, sender=apps.get_app_config("outbox"))


def after_migrate(**kwargs: Any) -> None:
    create_roles()
