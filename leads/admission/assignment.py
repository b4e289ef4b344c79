"""Assignment of new leads to owners."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from leads.models import Lead, SalesSettings
from leads.staff import SALES


def assign_in_turn(leads: Sequence[Lead]) -> None:
    """
    Set the owners of new, unsaved leads round-robin, if SalesSettings.assignment is IN_TURN.

    Locks the settings row until the end of the caller's transaction, so call it last before the leads are saved.
    """
    in_turn = SalesSettings.objects.filter(assignment=SalesSettings.Assignment.IN_TURN)
    sales = in_turn.select_for_update(no_key=True).first() if leads else None
    if sales is None:
        return
    present = User.objects.filter(is_active=True, groups__name=SALES).exclude(pk__in=sales.away.values("pk"))
    owners = list(present.order_by("pk"))
    if not owners:
        return
    last = sales.last_in_turn_id or 0
    turn = next((index for index, owner in enumerate(owners) if owner.pk > last), 0)
    for offset, lead in enumerate(leads):
        lead.owner = owners[(turn + offset) % len(owners)]
    sales.last_in_turn = leads[-1].owner
    sales.save(update_fields=["last_in_turn"])
