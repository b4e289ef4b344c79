"""A flood is refused: the one thing that is, and it costs nobody what was typed."""

from datetime import UTC, datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection

from leads.models import PostCount

POSTS_PER_MINUTE = 30  # of one client; an office behind one address sends fewer
KEPT = timedelta(hours=1)

COUNT_ONE_MORE = """
    INSERT INTO leads_postcount (client, minute, posts) VALUES (%s, %s, 1)
    ON CONFLICT (client, minute) DO UPDATE SET posts = leads_postcount.posts + 1
    RETURNING posts
"""


def seconds_to_wait(client: str, now: datetime) -> int:
    """
    Count one more post of the client; say how long it has to wait, 0 for not at all.

    One statement counts for all workers on all machines. With the database away nobody is refused.
    """
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    try:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_ONE_MORE, [client, connection.ops.adapt_datetimefield_value(minute)])
            (posts,) = cursor.fetchone()
    except DatabaseError:
        return 0
    return 0 if posts <= POSTS_PER_MINUTE else 60 - now.second


def forget_counts(now: datetime) -> None:
    """Done by the delivery worker, so that nobody's enquiry waits for it."""
    PostCount.objects.filter(minute__lt=now - KEPT).delete()
