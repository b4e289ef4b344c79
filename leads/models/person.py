"""Name and contact details, as an enquiry states them and as a lead has them."""

from django.db import models

from leads.normalise import NAME_MAX, is_placeholder


class Person(models.Model):
    """
    The fields that Submission and Lead share, FIELDS.

    To add one, follow the recipe "A field of the Quick Contact form" in CONTRIBUTING.md.
    """

    FIELDS = ("first_name", "last_name", "phone", "phone_extension", "phone_as_typed", "email")

    first_name = models.CharField(max_length=NAME_MAX)
    last_name = models.CharField(max_length=NAME_MAX)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164; empty if the number could not be read.")
    phone_extension = models.CharField(max_length=20, blank=True)
    phone_as_typed = models.CharField(max_length=100, blank=True, default="", db_default="")
    email = models.CharField("e-mail", max_length=254)

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        """Both names, without a placeholder such as `-`, which people with one name write for the other."""
        names = [name for name in (self.first_name, self.last_name) if not is_placeholder(name)]
        return " ".join(names) or f"{self.first_name} {self.last_name}"

    def details(self) -> dict[str, str]:
        """FIELDS and their values."""
        return {name: getattr(self, name) for name in self.FIELDS}
