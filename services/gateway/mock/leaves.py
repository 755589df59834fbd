"""Makes the values that have no parts: texts, numbers, and choices from an enum."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from typing import Any

from services.gateway.mock import numbers
from services.gateway.mock.phrases import UNDECIDED, Writer
from services.gateway.mock.places import Place, Record, Turns
from services.gateway.mock.schemas import Budget, Node, Unsatisfiable, identity
from services.gateway.mock.slots import Slot, parts
from services.gateway.mock.terms import keys
from services.gateway.mock.texts import Fitter

ROOMY = 80
"""A text that may have this many characters is a sentence, a shorter one a term."""

_DISTINCT = frozenset({Slot.HEADING, Slot.PART, Slot.ID, Slot.CHOICE})


class Leaves:
    """Makes values without parts and keeps record of what the answer says."""

    def __init__(
        self, writer: Writer, chance: random.Random, budget: Budget, record: Record
    ) -> None:
        self._writer = writer
        self._chance = chance
        self._record = record
        self._fitter = Fitter(writer.words(), chance, budget)

    def one_of(self, values: list[Any], place: Place, turns: Turns) -> Any:
        """The value that fits the topic best. Raises Unsatisfiable when there is none."""
        if not values:
            raise Unsatisfiable(place.path)
        ranked = self._ranked(values, place)
        chosen = ranked[turns.take(len(ranked))]
        self._record.uses[place.kind][identity(chosen)] += 1
        if place.slot is Slot.ID:
            self._record.ids[place.kind[:-1]].append(chosen)
        return chosen

    def truth(self, turns: Turns) -> bool:
        """True or false, rather true."""
        return (self._chance.random() < 0.7) is (turns.left % 2 == 0)

    def number(self, node: Node, place: Place, turns: Turns, *, whole: bool) -> int | float:
        """A number within the node's bounds. Raises Unsatisfiable."""
        slot = place.slot
        preferred: float | None = None
        if slot is Slot.SHARE and not whole:
            preferred = self._writer.share(self._record.shares)
            self._record.shares += 1
        elif slot in {Slot.ID, Slot.ORDINAL} and place.listed:
            preferred = place.number + 1
        made = numbers.choose(node, preferred, self._chance, turns.left, whole=whole)
        if slot is Slot.ID and place.listed:
            self._record.ids[place.kind[:-1]].append(made)
        return made

    def text(self, node: Node, place: Place, turns: Turns) -> str:
        """A text for the place, distinct where two alike make no sense. Raises Unsatisfiable."""
        slot = self._slot_of_text(node, place)
        taken: set[str] = set()
        if place.listed and (slot in _DISTINCT or (slot is Slot.PERSON and place.among_people)):
            taken = self._record.taken[place.kind]
        elif place.entry:
            taken = self._record.taken[place.path[:-1]]
        spare = place.spare and (place.entry or slot is Slot.CHOICE)
        candidates = self._candidates(slot, place)
        text = self._fitter.fit(node, candidates, taken, turns.left, spare=spare)
        taken.add(text.casefold())
        if slot is Slot.ID:
            self._record.ids[place.kind[:-1]].append(text)
        if slot is Slot.PERSON and place.among_people:
            self._record.people.append(text)
        if slot in {Slot.HEADING, Slot.PERSON}:
            self._record.names[place.kind[:-1]].append(text)
        return text

    def _slot_of_text(self, node: Node, place: Place) -> Slot:
        if place.slot is not Slot.UNKNOWN:
            return place.slot
        limit = node.least("maxLength")
        roomy = not place.entry and (limit is None or limit >= ROOMY)
        return Slot.SENTENCE if roomy else Slot.TERM

    def _ranked(self, values: list[Any], place: Place) -> list[Any]:
        """Values by the words they share with the topic; among entries the unused ones first."""
        if place.slot is Slot.VERDICT:
            return values  # who has nothing to object says what stands first
        reading = self._writer.reading
        wanted = reading.goal_keys
        if place.listed:
            wanted = keys(" ".join(place.topic.terms)) or wanted
        uses = self._record.uses[place.kind]
        offered = {option.head: option.keys for option in reading.options}
        language = place.slot is Slot.LANGUAGE

        def rank(value: Any) -> float:
            text = value if isinstance(value, str) else ""
            if not place.listed and text in reading.advised:
                return reading.advised.index(text) - 1_000
            if language and text.split("-")[0] == reading.glue.code:
                return -100
            if not place.listed and not wanted and text.casefold() in UNDECIDED:
                return -50
            return uses[identity(value)] - len((offered.get(text) or keys(text)) & wanted)

        return sorted(values, key=rank)

    def _candidates(self, slot: Slot, place: Place) -> Iterator[str]:
        written = self._writer.candidates(slot, place.topic, place.number if place.entry else 0)
        if slot is Slot.ID:
            number = len(self._record.ids[place.kind[:-1]]) + 1
            return chain(_ids((parts(place.container or "") or ["t"])[-1], number), written)
        if slot is Slot.OTHERS_ID:  # the first of them, which may come later in the answer
            return chain(_ids(parts(place.name)[-2], 1), written)
        if slot is Slot.PERSON:
            return chain(self._people(place), written)
        if slot is Slot.CHOICE:
            chosen = self._writer.choose(leading=not place.listed)
            return chain([chosen] if chosen else (), () if place.spare else written)
        return written

    def _people(self, place: Place) -> Iterator[str]:
        """Those named in the prompt or made before; in a list of people each one once."""
        told = self._writer.reading.people
        if place.among_people:
            return iter(told)
        ranked = self._ranked(self._record.people or list(told), place)
        for person in ranked[:1]:
            self._record.uses[place.kind][identity(person)] += 1
        return iter(ranked)


def _ids(things: str, number: int) -> Iterator[str]:
    """Ids in the forms that are common, of the thing of this number."""
    named = things.removesuffix("s") or "t"
    letter = named[0]
    for form in (letter, letter.upper(), f"{named}-", f"{named}_", f"{letter.upper()}-", ""):
        yield from (f"{form}{number}", f"{form}{number:02}", f"{form}{number:03}")
