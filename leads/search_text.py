"""Text in the form in which it is compared and searched."""

import unicodedata


def fold(text: str) -> str:
    """`ＪＯＳÉ  Reyes` → `jose reyes`: lower case, half width, without accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    base = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", base).split())
