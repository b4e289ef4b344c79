from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate

from outsourcing_site.databases.limits import lift_limits, restore_limits


class SiteConfig(AppConfig):
    name = "outsourcing_site"

    def ready(self) -> None:
        # Django sends post_migrate once for each app with models, in the order of INSTALLED_APPS: after the outbox all
        # permissions exist.
        post_migrate.connect(after_migrate, sender=apps.get_app_config("outbox"))
        pre_migrate.connect(before_migrate, sender=self)


def before_migrate(**kwargs: Any) -> None:
    lift_limits()


def after_migrate(**kwargs: Any) -> None:
    from outsourcing_site.roles import create_roles  # noqa: PLC0415 - models load after this module

    restore_limits()
    create_roles()
