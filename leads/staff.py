"""Who works for sales: the groups that a user may be a member of."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

SALES, MANAGERS = "Sales", "Sales managers"


def members() -> QuerySet[User]:
    """The active members of Sales and of its managers, by name."""
    users = User.objects.filter(is_active=True, groups__name__in=[SALES, MANAGERS])
    return users.distinct().order_by("first_name", "last_name", "username")


def managers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name=MANAGERS).order_by("username")


def addresses(*groups: str) -> list[str]:
    """The e-mail addresses of the active members of these groups, each once."""
    users = User.objects.filter(is_active=True, groups__name__in=groups).exclude(email="")
    return list(users.values_list("email", flat=True).distinct().order_by("email"))
