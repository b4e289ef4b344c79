from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from outsourcing_site.roles import create_roles


class SiteConfig(AppConfig):
    name = "outsourcing_site"

    def ready(self) -> None:
        post_migrate.connect(after_migrate, sender=self)


def after_migrate(using: str, **kwargs: Any) -> None:
    create_roles()
