from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "leads.outbox"
    verbose_name = "Outbox"
