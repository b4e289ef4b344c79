from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outsourcing_site.archive import ArchiveError, backup


class Command(BaseCommand):
    help = "Write database, uploads, mail and spool of the embedded default to one file, while the site runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="Such as backup.tar.gz; must not exist.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = backup(options["file"])
        except ArchiveError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['file']} holds {count} submissions.")
