"""Text as it is compared."""

import unicodedata


def folded(text: str) -> str:
    """`ＪＯＳÉ  Reyes` → `jose reyes`: without capitals, full width, accents and spare spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(each for each in decomposed if not unicodedata.combining(each))
    return " ".join(unicodedata.normalize("NFKC", kept).split())
