"""How sales works: hours, whose turn it is, what it often writes; and what was exported."""

from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from company.single_row import SingleRow

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONDAY_TO_FRIDAY = "01234"


class SalesSettings(SingleRow):
    """When sales works, how soon it answers, and who gets a new lead."""

    class Assignment(models.TextChoices):
        BY_HAND = "by_hand", "By hand"
        IN_TURN = "in_turn", "In turn, among the members of Sales who are not away"

    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(18))
    days = models.CharField("working days", max_length=7, default=MONDAY_TO_FRIDAY)
    public_holidays = models.BooleanField(
        default=True, help_text="Public holidays of the Philippines are days off; further days: Holidays."
    )
    response_minutes = models.PositiveIntegerField(
        "answer within", default=60, help_text="Working minutes from an enquiry to the first contact."
    )
    remind_minutes = models.PositiveIntegerField(
        "remind before", default=15, help_text="Working minutes before an answer is due its owner is reminded."
    )
    daily_digest = models.BooleanField(
        default=True, help_text="At opening time everybody in Sales gets open, overdue and today's follow-ups by mail."
    )
    assignment = models.CharField("new leads are given out", max_length=10, choices=Assignment, default="by_hand")
    away = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Nobody of these gets new leads in turn."
    )
    last_in_turn = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta(SingleRow.Meta):
        verbose_name_plural = "sales settings"

    def __str__(self) -> str:
        return "Sales settings"

    def clean(self) -> None:
        if self.opens and self.closes and self.opens >= self.closes:
            raise ValidationError({"closes": "Closing time is before opening time."})


class Holiday(models.Model):
    """A day that is not as the calendar of public holidays has it."""

    day = models.DateField(unique=True)
    name = models.CharField(max_length=80)
    is_working_day = models.BooleanField(default=False, help_text="We work although it is a public holiday.")

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class ReplyTemplate(models.Model):
    """What sales often writes. {first_name}, {last_name}, {reference}, {company} and {me} are filled in."""

    name = models.CharField(max_length=80, unique=True)
    subject = models.CharField(max_length=200, default="Your enquiry {reference}")
    text = models.TextField(
        help_text="{first_name}, {last_name}, {reference}, {company}, {me} are filled in; their text is quoted below."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        blanks = {"first_name": "", "last_name": "", "reference": "", "company": "", "me": ""}
        for field in ("subject", "text"):
            try:
                getattr(self, field).format(**blanks)
            except (KeyError, IndexError, ValueError, AttributeError):
                raise ValidationError(
                    {field: "Braces hold one of the names below, or are written twice: {{ }}."}
                ) from None


class Export(models.Model):
    """Who took which leads out of the house, and whether all of them arrived in the file."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    file_format = models.CharField(max_length=4)
    filters = models.TextField(blank=True, help_text="As in the list's address.")
    rows_expected = models.PositiveIntegerField(null=True)
    rows_written = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.file_format} of {self.rows_expected} rows"
