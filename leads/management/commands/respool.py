from typing import Any

from django.core.management.base import BaseCommand

from leads import spool


class Command(BaseCommand):
    help = f"Put the enquiries of {spool.UNREADABLE} back into the spool, after they were repaired."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{spool.respool()} will be tried again by the worker.")
