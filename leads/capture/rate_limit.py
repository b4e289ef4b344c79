"""Rate limit per client. More posts are answered 429 with the form still filled in."""

import logging
from datetime import datetime

from django.core.cache import cache

POSTS_PER_MINUTE = 30  # of one client; an office behind one address sends fewer
KEPT_SECONDS = 120

logger = logging.getLogger(__name__)


def seconds_to_wait(client: str, now: datetime) -> int:
    """
    Count one more post of the client (client_mark()); say how long it has to wait, 0 for not at all.

    Counted in Django's cache framework: in each process, or in Redis for all hosts (CACHE_URL). With the cache away no
    client is refused.
    """
    key = f"posts:{client}:{int(now.timestamp()) // 60}"
    try:
        posts = 1 if cache.add(key, 1, KEPT_SECONDS) else cache.incr(key)
    except Exception as error:  # each cache backend has errors of its own; ValueError is a key that was evicted
        logger.warning("The cache cannot count posts (%s).", type(error).__name__)
        return 0
    return 0 if posts <= POSTS_PER_MINUTE else 60 - now.second
