"""Rate limit per client. Beyond it, a post is answered 429 with the form still filled in."""

import logging
from datetime import datetime

from django.core.cache import cache

POSTS_PER_MINUTE = 30  # for one client, such as an office behind one address
COUNT_SECONDS = 120  # how long a count is kept

logger = logging.getLogger(__name__)


def seconds_to_wait(client: str, now: datetime) -> int:
    """
    Count a post of the client (client_mark()). Returns the seconds until it may send again; 0 within the limit.

    Django's cache framework keeps the counts: per process, or in Redis for all hosts (CACHE_URL). If the cache fails,
    there is no limit.
    """
    key = f"posts:{client}:{int(now.timestamp()) // 60}"
    try:
        posts = 1 if cache.add(key, 1, COUNT_SECONDS) else cache.incr(key)
    except Exception as error:  # cache backends raise different errors; ValueError if the key was evicted
        logger.warning("The cache cannot count posts (%s).", type(error).__name__)
        return 0
    return 0 if posts <= POSTS_PER_MINUTE else 60 - now.second
