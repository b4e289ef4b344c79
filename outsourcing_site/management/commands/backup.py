from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outsourcing_site.backup import BackupError, write_backup


class Command(BaseCommand):
    help = "Write the database, uploads, mail and spool of a site on SQLite to one file, while the site runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The file to write, such as backup.tar.gz. It must not exist.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = write_backup(options["file"])
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['file']} holds {count} submissions.")
