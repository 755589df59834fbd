"""Texts with words cut out, for a model to find others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

GAP = "…"


def with_gaps(text: str, words: Iterable[str]) -> str:
    """The text in NFC with a GAP for each of these words, where they stand as whole words."""
    text = unicodedata.normalize("NFC", text)
    for word in sorted(words, key=len, reverse=True):
        whole = rf"(?<!\w){re.escape(word)}(?!\w)"
        text = re.sub(whole, GAP, text, flags=re.IGNORECASE)
    return text
