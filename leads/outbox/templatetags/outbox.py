from django import template

from leads.outbox.models import Delivery

register = template.Library()


@register.simple_tag
def dead_deliveries() -> int:
    """How many messages were given up."""
    return Delivery.objects.filter(state=Delivery.State.DEAD).count()
