"""The company as every page shows it: name, phone lines, social profiles."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models

from company.single_row import SingleRow


def is_dialable(number: str) -> bool:
    """
    Whether the number has `+` and a country code, with any separators.

    The national number plan is not checked: the company may have old lines that no table of valid numbers has.
    """
    return re.fullmatch(r"\+[1-9]\d{6,14}", e164(number)) is not None


def e164(number: str) -> str:
    """The number without separators (ITU-T E.164): `(+632) 7796540` → `+6327796540`."""
    return re.sub(r"[\s().\-–/]", "", number)


class Company(SingleRow):
    """The company of this site; a single row."""

    name = models.CharField(max_length=80, default="Our company")
    tagline = models.CharField(max_length=200, blank=True, help_text="The company in one sentence.")
    email = models.EmailField(
        "public e-mail address", blank=True, help_text="Shown on the privacy page, for requests about personal data."
    )

    updated_at = models.DateTimeField(auto_now=True)

    class Meta(SingleRow.Meta):
        verbose_name_plural = "company"

    def __str__(self) -> str:
        return self.name


class PhoneLine(models.Model):
    """A phone line. Pages show the number as staff wrote it, and link to it in E.164."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="phone_lines")
    label = models.CharField(max_length=40, help_text="Where the line is answered, such as PH or USA.")
    number = models.CharField(max_length=40, help_text="With its country code; shown to visitors as written.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.label} {self.number}"

    def clean(self) -> None:
        if self.number and not is_dialable(self.number):
            raise ValidationError(
                {"number": "Give the number with its country code, such as (+632) 7796540 or +1 303-586-6566."}
            )

    @property
    def dialled(self) -> str:
        """The number in E.164, for `tel:` links."""
        return e164(self.number)


class SocialProfile(models.Model):
    """A profile under "Follow Us"; not shown while it has no address."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="social_profiles")
    network = models.CharField(max_length=40)
    url = models.URLField(
        "address",
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text="Starts with https://. The profile is not shown while this is empty.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.network
