"""Texts with words cut out, for a model to find others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

GAP = "…"


def with_gaps(text: str, words: Iterable[str]) -> str:
    """The text in NFC with a GAP for each of these words, where they stand as whole words."""
    text = unicodedata.normalize("NFC", text)
    longest_first = sorted({unicodedata.normalize("NFC", word) for word in words}, key=len)[::-1]
    if not longest_first:
        return text
    # A word in capitals ("US", "ROI") is another word in small letters.
    either = "|".join(
        re.escape(word) if word.isupper() else f"(?i:{re.escape(word)})" for word in longest_first
    )
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", GAP, text)
