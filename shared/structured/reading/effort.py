"""How much reading in vain is allowed, so that time stays linear in the length of a text."""

from __future__ import annotations


class TooAmbiguous(Exception):
    """A text was read several times over without its structure becoming clear."""


class Effort:
    """Characters that may be read again, counted over one text of `size` characters."""

    def __init__(self, size: int) -> None:
        self._left = 3 * size + 20_000

    def spend(self, characters: int) -> None:
        """Counts characters that will be read once more; raises TooAmbiguous past the limit."""
        self._left -= characters
        if self._left < 0:
            raise TooAmbiguous("the text can be read in too many ways")
