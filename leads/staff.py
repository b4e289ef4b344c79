"""The members of sales: users in these groups."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

SALES, MANAGERS = "Sales", "Sales managers"


def members() -> QuerySet[User]:
    """The active members of both groups, by name."""
    users = User.objects.filter(is_active=True, groups__name__in=[SALES, MANAGERS])
    return users.distinct().order_by("first_name", "last_name", "username")


def managers() -> QuerySet[User]:
    """The active sales managers, by user name."""
    return User.objects.filter(is_active=True, groups__name=MANAGERS).order_by("username")


def addresses(*groups: str) -> list[str]:
    """The distinct e-mail addresses of the active members of these groups."""
    users = User.objects.filter(is_active=True, groups__name__in=groups).exclude(email="")
    return list(users.values_list("email", flat=True).distinct().order_by("email"))


def display_name(user: User | None) -> str:
    """The full name of an owner, or the user name; `nobody` for None."""
    return (user.get_full_name() or user.get_username()) if user else "nobody"
