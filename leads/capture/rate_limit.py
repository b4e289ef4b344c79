"""
Rate limit per client: beyond it, a post is answered 429 with the form still filled in.

deploy/nginx.conf has a limit of its own in front, against floods.
"""

import logging
from datetime import datetime

from django.core.cache import cache

POSTS_PER_MINUTE = 30  # for one client, such as an office behind one address
COUNT_SECONDS = 120  # how long a count is kept

logger = logging.getLogger(__name__)


def seconds_to_wait(client: str, now: datetime) -> int:
    """Count a post of the client (client_mark()). Returns the seconds until it may send again; 0 within the limit."""
    return 0 if count_in_minute("posts", client, now) <= POSTS_PER_MINUTE else 60 - now.second


def count_in_minute(name: str, client: str, now: datetime) -> int:
    """
    Count a request of the client under this name. Returns their number in the present minute.

    Django's cache framework keeps the counts: per process, or in Redis for all hosts (CACHE_URL). 0 if the cache fails,
    so that there is no limit then.
    """
    key = f"{name}:{client}:{int(now.timestamp()) // 60}"
    try:
        return 1 if cache.add(key, 1, COUNT_SECONDS) else cache.incr(key)
    except Exception as error:  # cache backends raise different errors; ValueError if the key was evicted
        logger.warning("The cache cannot count %s (%s).", name, type(error).__name__)
        return 0
