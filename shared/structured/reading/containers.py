"""The objects and lists that are open while a document is read, innermost last.

A container is put into its parent when it opens, so that whatever has been read is part of
the root at every moment: a document that is cut off needs no repair of its own.
"""

from __future__ import annotations

from typing import Any

from shared.structured.reading.lookahead import KEY, ODD_SPACE
from shared.structured.reading.places import Around, Place
from shared.structured.result import MAX_DEPTH

CLOSES = {"}": "{", "]": "[", ")": "("}
"""Closing brackets and what they close; a parenthesis is a tuple's."""


class TooDeep(Exception):
    """More levels than MAX_DEPTH."""


class Containers:
    """The stack of open containers and the root that they grow in."""

    __slots__ = (
        "_kinds",
        "_last",
        "_open",
        "_slots",
        "_squared",
        "around",
        "key",
        "kind",
        "root",
        "stored",
    )

    def __init__(self) -> None:
        self.root: Any = None
        self.stored = 0  # values of any kind
        self.kind = ""  # the bracket that opened the innermost; "" outside of all
        self.key: str | None = None  # in an object, the key whose value is due
        self.around = Around()
        self._open: list[Any] = []
        self._kinds: list[str] = []
        self._slots: list[str | int] = []  # where in its parent each but the first stands
        self._squared: set[int] = set()  # depths of objects that stand in square brackets
        self._last: str | int = 0  # where in the innermost the last value was put

    @property
    def innermost(self) -> Any:
        """The innermost open container."""
        return self._open[-1]

    @property
    def place(self) -> Place:
        """What a string would be here."""
        if not self.kind:
            return Place.ROOT
        return Place.MEMBER if self.kind == "{" else Place.ITEM

    def put(self, value: Any) -> bool:
        """Stores a value where one is due; True if its key had one already."""
        self.stored += 1
        if self.kind == "{":
            key = self.key or ""
            twice = key in self._open[-1]
            self._open[-1][key] = value
            self._last, self.key = key, None
            return twice
        if self.kind:
            self._last = len(self._open[-1])
            self._open[-1].append(value)
        else:
            self.root = value
        return False

    def push(self, bracket: str) -> bool:
        """Opens a container; True if its key had a value already. Raises TooDeep."""
        if len(self._open) >= MAX_DEPTH:
            raise TooDeep
        container: Any = {} if bracket == "{" else []
        outer = bool(self.kind)
        twice = self.put(container)
        if outer:
            self._slots.append(self._last)
        self._open.append(container)
        self._enter(bracket)
        return twice

    def pop(self) -> None:
        """Closes the innermost; a tuple of one is its item."""
        container, kind = self._open.pop(), self._kinds.pop()
        self._count(kind, -1)
        self.kind = self._kinds[-1] if self._kinds else ""
        self.key = None
        if self._slots and self._open:
            self._last = self._slots.pop()
        if kind == "(" and len(container) == 1:
            self.replace(container[0])

    def reopen(self) -> None:
        """Opens the root again, which was closed too early."""
        self._open.append(self.root)
        self._enter("{")

    def closes_before_item(self) -> bool:
        """Closes an object with members in a list, where the list's next object begins."""
        if self._kinds[-2:] != ["[", "{"] or not self._open[-1]:
            return False
        self.pop()
        return True

    def to_object(self) -> bool:
        """Makes an object of a list whose only item turned out to be a key."""
        items = self._open[-1]
        if len(items) != 1 or not isinstance(items[0], str):
            return False
        key = items[0]
        self._open.pop()
        self._count(self._kinds.pop(), -1)
        self.kind = self._kinds[-1] if self._kinds else ""
        self._last = self._slots[-1] if self._slots and self._open else 0
        self.replace({})
        self._open.append(self.last())
        self._enter("{")
        self._squared.add(len(self._open))
        self.around.lists += 1  # a square bracket may end its last string
        self.key = key
        return True

    def closed_by(self, sign: str) -> bool:
        """Whether a closing bracket is the innermost's own."""
        if sign == "]" and len(self._open) in self._squared:
            self._squared.discard(len(self._open))
            self.around.lists -= 1
            return True
        return CLOSES[sign] == self.kind

    def unlist(self) -> bool:
        """Ends a list whose last item turned out to be a key of the object around it."""
        items = self._open[-1]
        around = self._kinds[-2:] == ["{", "["]
        if not around or len(items) < 2 or not isinstance(items[-1], str):
            return False
        key = items.pop()
        self.pop()
        self.key = key
        self.around.lists += 1  # its bracket may still come, after the key's value
        return True

    def last(self) -> Any:
        """The value stored last at this level; None if there is none yet."""
        if not self.kind:
            return self.root
        items = self._open[-1]
        if self.kind == "{":
            return items.get(self._last)
        return items[-1] if items else None

    def replace(self, value: Any) -> None:
        """Puts another value in place of the last."""
        if self.kind:
            self._open[-1][self._last if self.kind == "{" else -1] = value
        else:
            self.root = value

    def path(self, *, to_last: bool = False) -> tuple[str | int, ...]:
        """The way from the root to the innermost, or to the value stored last in it."""
        last = (self._last,) if to_last and self.kind else ()
        return (*self._slots, *last)

    def forgotten(self, text: str, position: int) -> list[str] | None:
        """What the wrong closing bracket at `position` means: the kinds it closes unsaid.

        The kinds of the containers that were left open and that it closes on the way to its
        own, innermost first; [] if it stands for the right bracket of the innermost alone;
        None if it closes nothing and is stray.
        """
        own = CLOSES[text[position]]
        if own not in self._kinds:
            return None
        index = len(self._kinds) - 1 - self._kinds[::-1].index(own)
        parent = self._kinds[index - 1] if index else ""
        comma = _next(text, position + 1)
        if text[comma : comma + 1] != ",":
            return self._kinds[index + 1 :][::-1]
        inside = self._kinds[index + 1 :][::-1]
        if KEY.match(text, comma + 1):
            instead: list[str] | None = [] if own == "{" and len(inside) == 1 else None
            return inside if parent == "{" else instead
        if parent == "{" or (own == "{" and not parent):
            return None
        return inside if parent or self.kind != "{" else []

    def _enter(self, kind: str) -> None:
        self._kinds.append(kind)
        self.kind = kind
        self.key = None
        self._count(kind, 1)

    def _count(self, kind: str, by: int) -> None:
        if kind == "{":
            self.around.objects += by
        elif kind == "[":
            self.around.lists += by
        else:
            self.around.parens += by


def _next(text: str, position: int) -> int:
    space = ODD_SPACE.match(text, position)
    return space.end() if space else position
