"""How sales works: hours, response time, who gets a new lead."""

from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from company.single_row import SingleRow

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONDAY_TO_FRIDAY = "01234"


class SalesSettings(SingleRow):
    """Working hours, response time and assignment; a single row."""

    class Assignment(models.TextChoices):
        BY_HAND = "by_hand", "By hand"
        IN_TURN = "in_turn", "In turn, among the members of Sales who are not away"

    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(18))
    days = models.CharField("working days", max_length=7, default=MONDAY_TO_FRIDAY)
    public_holidays = models.BooleanField(
        default=True, help_text="Public holidays of the Philippines are days off; add others under Holidays."
    )
    response_minutes = models.PositiveIntegerField(
        "answer within", default=60, help_text="Working minutes from an enquiry to the first contact."
    )
    remind_minutes = models.PositiveIntegerField(
        "remind before", default=15, help_text="Working minutes before the due time; then the owner is reminded."
    )
    daily_digest = models.BooleanField(
        default=True,
        help_text="Mail each member of Sales the number of open, overdue and follow-up leads at opening time.",
    )
    assignment = models.CharField("new leads are given out", max_length=10, choices=Assignment, default="by_hand")
    away = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="These members get no new leads in turn."
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
    """An exception to the calendar of public holidays: another day off, or a holiday that is a working day."""

    day = models.DateField(unique=True)
    name = models.CharField(max_length=80)
    is_working_day = models.BooleanField(default=False, help_text="We work although it is a public holiday.")

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
