"""Whose lead it is."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from leads.models import SalesSettings

SALES, MANAGERS = "Sales", "Sales managers"


def members() -> QuerySet[User]:
    """The active members of Sales, by name."""
    found = User.objects.filter(is_active=True, groups__name__in=[SALES, MANAGERS])
    return found.distinct().order_by("first_name", "last_name", "username")


def managers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name=MANAGERS).order_by("username")


def next_in_turn() -> User | None:
    """
    Who gets the next new lead; None where leads are given out by hand, or everybody is away.

    Asks and moves the turn on in the caller's transaction: others wait for its end, so nobody is passed over.
    """
    rules = SalesSettings.objects.filter(assignment=SalesSettings.Assignment.IN_TURN)
    locked = rules.select_for_update(no_key=True).first()
    if locked is None:
        return None
    present = User.objects.filter(is_active=True, groups__name=SALES).exclude(pk__in=locked.away.values("pk"))
    present = present.order_by("pk")
    owner = present.filter(pk__gt=locked.last_in_turn_id or 0).first() or present.first()
    if owner is not None:
        locked.last_in_turn = owner
        locked.save(update_fields=["last_in_turn"])
    return owner
