from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate

from outsourcing_site.databases.limits import lift_limits, restore_limits
from outsourcing_site.roles import create_roles


class SiteConfig(AppConfig):
    name = "outsourcing_site"

    def ready(self) -> None:
        # Sent once per app with models, in the order of INSTALLED_APPS: after the outbox all permissions exist.
        post_migrate.connect(after_migrate, sender=apps.get_app_config("outbox"))
        pre_migrate.connect(before_migrate, sender=self)


def before_migrate(**kwargs: Any) -> None:
    lift_limits()


def after_migrate(**kwargs: Any) -> None:
    restore_limits()
    create_roles()
