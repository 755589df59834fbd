"""Where in an answer a value stands, and what the answer has said so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.gateway.mock.phrases import Topic
from services.gateway.mock.schemas import Path
from services.gateway.mock.slots import Slot, is_people, slot_of


class Place(NamedTuple):
    """Where in the answer a value stands.

    name: its property, or its list's for an entry. container: the name of the list whose
    entry it is in; None outside of lists. number: which entry of the closest list, from 0. entry: it is an entry itself.
    earlier: the ids or names of the entries before. within: the schemas of the values
    around it. again: how often a value for this place was made and not taken. spare: the
    list has enough entries without it.
    """

    topic: Topic
    path: Path = ()
    name: str = ""
    container: str | None = None
    number: int = 0
    entry: bool = False
    earlier: tuple[Any, ...] = ()
    within: frozenset[int] = frozenset()
    again: int = 0
    spare: bool = False

    @property
    def kind(self) -> Path:
        """The path with every index as "*": the same for all entries of a list."""
        return tuple("*" if isinstance(step, int) else step for step in self.path)

    @property
    def listed(self) -> bool:
        """Whether it is in an entry of a list, or is one."""
        return self.container is not None

    @property
    def among_people(self) -> bool:
        """Whether it is in an entry of a list of people."""
        return self.container is not None and is_people(self.container)

    @property
    def slot(self) -> Slot:
        """What the value is for."""
        return slot_of(self.name, self.container or "")


class Turns:
    """Spends one number on the choices at a place, like the digits of a numeral.

    So that each further attempt at a place is another combination of its choices.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def take(self, choices: int) -> int:
        """Which of so many choices is next."""
        self.left, taken = divmod(self.left, max(choices, 1))
        return taken


@dataclass(slots=True)
class Record:
    """What one answer has said so far, by the kind of place.

    taken: texts in lower case that may not come again. uses: how often each value of an
    enum or person was chosen. people: names made for a team in this answer.
    """

    taken: defaultdict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    ids: defaultdict[Path, list[Any]] = field(default_factory=lambda: defaultdict(list))
    names: defaultdict[Path, list[str]] = field(default_factory=lambda: defaultdict(list))
    uses: defaultdict[Path, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    people: list[str] = field(default_factory=list)
    shares: int = 0
