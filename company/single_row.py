"""Settings that staff edit: a table of one row."""

from typing import Any, Self

from django.db import models


class SingleRow(models.Model):
    """The subclass has a single row, or none yet: then its defaults count."""

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="%(class)s_single_row")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> Self:
        return cls._default_manager.first() or cls(pk=1)
