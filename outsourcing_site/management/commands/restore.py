from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outsourcing_site.archive import ArchiveError, restore


class Command(BaseCommand):
    help = "Put the state that `backup` wrote in place. Stop the site first."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="Keep what is there beside it, and go on.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = restore(options["file"], replace=options["replace"])
        except ArchiveError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Restored {count} submissions.")
