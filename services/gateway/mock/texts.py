"""Makes a text satisfy a string schema: length, pattern, format."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import jsonschema_rs

from services.gateway.mock.patterns import UnknownPattern, matching
from services.gateway.mock.schemas import Budget, Node, Unsatisfiable
from services.gateway.mock.terms import slug

MAX_CHARACTERS = 200_000
MAX_WORDS = 12
"""Words of the prompt tried as names and in patterns."""
BACKTRACK_LIMIT = 20_000
MAX_CANDIDATES = 400
"""Texts tried for one place before it is given up."""
MAX_FIRST_CANDIDATES = 6
"""Candidates that are cut or bent when none fits as it is."""
CHARACTERS_PER_VALUE = 50
VALUES_PER_CHECK = 5
"""What the budget is charged for long texts and for checks of patterns."""
STRETCHES = (1, 2, 0, 4, 8, 16)
"""How often repeated parts of a pattern are repeated beyond their least."""
LONGEST_STRETCH = 1_000
COPIES = 40
"""How many numbered variants of one text there are."""

PATTERN_OPTIONS = jsonschema_rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT)

_SAME_FORM = {
    "idn-email": "email",
    "idn-hostname": "hostname",
    "iri": "uri",
    "iri-reference": "uri-reference",
}
_ENDS = ".。!?！？،,;: "


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a string schema asks of a text."""

    least: int
    most: int
    patterns: tuple[str, ...]
    formats: tuple[str, ...]

    @classmethod
    def of(cls, node: Node) -> _Wanted:
        longest = node.least("maxLength")
        return cls(
            int(node.most("minLength") or 0),
            MAX_CHARACTERS if longest is None else int(min(longest, MAX_CHARACTERS)),
            tuple(pattern for pattern in node.every("pattern") if isinstance(pattern, str)),
            tuple(form for form in node.every("format") if isinstance(form, str)),
        )

    @property
    def plain(self) -> bool:
        """Whether only the length matters."""
        return not self.patterns and not self.formats


class Fitter:
    """Finds the first candidate that a string schema takes, or bends one until it does."""

    def __init__(self, words: Iterable[str], chance: random.Random, budget: Budget) -> None:
        self._budget = budget
        self._words = [word for word in words if word][:MAX_WORDS]
        self._chance = chance

    def fit(
        self,
        node: Node,
        candidates: Iterator[str],
        taken: set[str],
        attempt: int,
        *,
        spare: bool = False,
    ) -> str:
        """A text for the node; one with a format only where a text can have it.

        taken: texts in lower case that may not come again. attempt: another text for each
        further try. spare: rather none than one made distinct by a number. Raises
        Unsatisfiable when nothing was found.
        """
        wanted = _Wanted.of(node)
        if wanted.least > wanted.most:
            raise Unsatisfiable
        without_format = None
        for number, text in enumerate(self._texts(candidates, wanted, spare=spare)):
            if number > MAX_CANDIDATES + attempt:
                break
            sized = _sized(text, wanted) if wanted.plain else text
            self._budget.spend(len(sized) // CHARACTERS_PER_VALUE)
            if not wanted.least <= len(sized) <= wanted.most or sized.casefold() in taken:
                continue
            if not all(self._matches(pattern, sized) for pattern in wanted.patterns):
                continue
            if all(_has_format(form, sized) for form in wanted.formats):
                if attempt == 0:
                    return sized
                attempt -= 1
            elif without_format is None:
                without_format = sized
        if without_format is None:
            raise Unsatisfiable
        return without_format

    def _matches(self, pattern: str, text: str) -> bool:
        self._budget.spend(VALUES_PER_CHECK)
        return matches(pattern, text)

    def _texts(self, candidates: Iterator[str], wanted: _Wanted, *, spare: bool) -> Iterator[str]:
        """Texts to try: of the format, the candidates, names made of words, the pattern's."""
        for form in wanted.formats:
            yield from _of_format(form, self._words, self._chance)
        listed = list(islice(candidates, MAX_FIRST_CANDIDATES))
        yield from (text for text in listed if len(text) <= wanted.most)
        if not wanted.patterns:
            more = islice(candidates, MAX_CANDIDATES // 2)
            yield from (text for text in more if len(text) <= wanted.most)
        yield from (text for text in listed if len(text) > wanted.most)
        for text in [*self._words[:3], *listed[:2]]:
            if wanted.patterns or len(text) > wanted.most:
                yield from _forms(text)
        text = (listed or self._words)[0]
        for pattern in wanted.patterns:
            for found in self._matching(pattern, wanted):
                yield found
                if not pattern.endswith("$"):
                    yield _sized(f"{found} {text}", wanted)
        if not wanted.patterns and not spare:
            yield from _numbered(text, wanted.most)

    def _matching(self, pattern: str, wanted: _Wanted) -> Iterator[str]:
        words = [slug(word, "") for word in self._words] + self._words
        room = max(0, min(wanted.most, LONGEST_STRETCH) - 2)
        shares = (wanted.least // parts for parts in range(1, 7))
        for stretch in dict.fromkeys((*STRETCHES, room, *shares)):
            for _ in range(3):
                try:
                    found = matching(pattern, words, self._chance, stretch)
                except UnknownPattern:
                    break
                self._budget.spend(len(found) // CHARACTERS_PER_VALUE)
                yield found


@lru_cache(maxsize=256)
def _checker(keyword: str, value: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(
        {keyword: value}, validate_formats=True, pattern_options=PATTERN_OPTIONS, offline=True
    )


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern occurs in a text; found without unbounded backtracking."""
    return _checker("pattern", pattern).is_valid(text)


def _has_format(form: str, text: str) -> bool:
    return _checker("format", form).is_valid(text)


def _sized(text: str, wanted: _Wanted) -> str:
    """A text cut at a word's end or repeated until it has the length asked for."""
    least, most = wanted.least, wanted.most
    while text and len(text) < least:
        text = f"{text} {text}"[: max(least, len(text) + 1)]
    if len(text) <= most:
        return text
    cut = text[:most]
    if not text[most].isspace() and len(cut.rpartition(" ")[0]) >= max(least, 1):
        cut = cut.rpartition(" ")[0]
    shorter = cut.rstrip(_ENDS)
    return shorter if len(shorter) >= max(least, 1) else cut


def _numbered(text: str, most: int) -> Iterator[str]:
    """The text with a number behind it, the number alone, and nothing."""
    for number in range(2, COPIES):
        suffix = f" {number}"
        yield text[: max(most - len(suffix), 0)].rstrip() + suffix
    yield from (str(number) for number in range(1, 10))
    yield ""


def _forms(text: str) -> Iterator[str]:
    """The same words as names are written: slug, snake case, capitals, single words."""
    dashed = slug(text)
    for form in (dashed, slug(text, "_"), slug(text, ""), dashed.upper(), slug(text, "_").upper()):
        if form:
            yield form
    for word in text.split():
        yield word
        yield word.capitalize()
        yield slug(word, "")


def _of_format(form: str, words: list[str], chance: random.Random) -> Iterator[str]:
    """Values of the formats of JSON Schema, with the prompt's words where words may stand."""
    name = next((found for found in map(slug, words) if found), "a")[:40].strip("-")
    day = f"2030-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    clock = f"{chance.randrange(8, 18):02}:{chance.randrange(0, 60, 15):02}:00Z"
    names = [f"{name}{number}" for number in ("", *range(2, COPIES))]
    values = {
        "date": [day, *(f"2031-01-{n:02}" for n in range(1, 29))],
        "time": [clock, *(f"09:{n:02}:00Z" for n in range(1, 60))],
        "date-time": [f"{day}T{clock}", *(f"{day}T09:{n:02}:00Z" for n in range(1, 60))],
        "duration": [f"P{n}D" for n in range(chance.randrange(1, 9), COPIES)],
        "email": [f"{one}@example.org" for one in names],
        "hostname": [f"{one}.example.org" for one in names],
        "uri": [f"https://example.org/{one}" for one in names],
        "uri-reference": [f"/{one}" for one in names],
        "uri-template": [f"/{one}/{{id}}" for one in names],
        "ipv4": [f"192.0.2.{n}" for n in range(chance.randrange(1, 200), 255)],
        "ipv6": [f"2001:db8::{n}" for n in range(chance.randrange(1, 900), 999)],
        "json-pointer": [f"/{one}" for one in names],
        "relative-json-pointer": [str(n) for n in range(COPIES)],
        "regex": [f"^{one}$" for one in names],
        "uuid": [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(9)],
    }
    return iter(values.get(_SAME_FORM.get(form, form), ()))
