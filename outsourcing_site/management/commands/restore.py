from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outsourcing_site.backup import BackupError, restore_backup


class Command(BaseCommand):
    help = "Restore a site on SQLite from a file that `backup` wrote. Stop the site first."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A file that `backup` wrote.")
        parser.add_argument("--replace", action="store_true", help="Keep the present files under another name.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = restore_backup(options["file"], replace=options["replace"])
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Restored {count} submissions.")
