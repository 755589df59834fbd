"""Where in a document something stands, which decides what may come after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """What a string is in its document."""

    KEY = "key"
    MEMBER = "member"
    ITEM = "item"
    ROOT = "root"


@dataclass(slots=True)
class Around:
    """How many containers of each kind are open around a place."""

    lists: int = 0
    objects: int = 0
    parens: int = 0

    @property
    def depth(self) -> int:
        """All of them."""
        return self.lists + self.objects + self.parens
