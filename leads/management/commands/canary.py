from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.monitoring.canary import CanaryError, run_canary


class Command(BaseCommand):
    help = "Send a marked enquiry to the public form, check that it is stored and its mail sent, and remove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="The site's address, such as https://example.com")
        parser.add_argument("--seconds", type=float, default=60, help="How long it may take (default 60).")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_canary(options["url"], options["seconds"])
        except CanaryError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("The form works: the enquiry was stored and its mail was sent.")
