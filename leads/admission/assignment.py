"""Who owns a new lead."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from leads.models import Lead, SalesSettings
from leads.staff import SALES


def assign_in_turn(leads: Sequence[Lead]) -> None:
    """
    Give each of the new, unsaved leads an owner, where SalesSettings say "in turn"; others keep none.

    The turn is locked from here to the end of the caller's transaction, so call it last before the leads are saved.
    """
    rules = SalesSettings.objects.filter(assignment=SalesSettings.Assignment.IN_TURN)
    locked = rules.select_for_update(no_key=True).first() if leads else None
    if locked is None:
        return
    present = User.objects.filter(is_active=True, groups__name=SALES).exclude(pk__in=locked.away.values("pk"))
    owners = list(present.order_by("pk"))
    if not owners:
        return
    last = locked.last_in_turn_id or 0
    turn = next((index for index, owner in enumerate(owners) if owner.pk > last), 0)
    for offset, lead in enumerate(leads):
        lead.owner = owners[(turn + offset) % len(owners)]
    locked.last_in_turn = leads[-1].owner
    locked.save(update_fields=["last_in_turn"])
