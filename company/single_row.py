"""Settings that staff edit: a table with a single row."""

from typing import Any, Self

from django.db import models


class SingleRow(models.Model):
    """A model with a single row, whose id is 1."""

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="%(class)s_single_row")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> Self:
        """The row, or an unsaved one with the defaults."""
        return cls._default_manager.first() or cls(pk=1)


def split_lines(text: str) -> list[str]:
    """The entries of a text field that holds one a line, without blank lines and surrounding white space."""
    return [line.strip() for line in text.splitlines() if line.strip()]
