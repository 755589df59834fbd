"""Which value of an enum a string means: by its spelling, or named in a sentence.

Two distinct values named are ambiguous, and so is one that the sentence denies: nothing is
guessed, no spelling is corrected, and no word is translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from shared.structured.schema.costs import COERCED, SPELLING, WORDS
from shared.structured.schema.names import (
    Word,
    clause_ends,
    count_words,
    fold,
    joined,
    one_name,
    words_of,
)
from shared.structured.schema.scalars import (
    bare,
    boolean_in,
    null_in,
    number_in,
    numbers_named,
    text_of,
)

MAX_WORDS_OF_A_VALUE = 16
_NEAR = 3
"""Words between a denial and what it denies, at most; and none across a clause's end."""
_DENIALS = frozenset(
    (
        *("not", "no", "never", "neither", "nor", "cannot", "without"),  # en
        *("ni", "nunca", "sin"),  # es
        *("pas", "ne", "non", "jamais", "sans", "aucun"),  # fr
        *("nicht", "kein", "keine", "keinen", "keiner", "nie"),  # de
        *("nao", "nem", "senza", "niet", "geen", "nooit"),  # pt, it, nl
        *("不", "没", "非", "未", "无", "否"),  # zh, ja
        *("ليس", "ليست", "لا", "غير", "لم"),  # ar
    )
)
_NO_DENIAL = ("非常", "无疑", "無疑", "不仅", "不僅")
_DENIED_AFTER = re.compile(r"\W{0,3}(?:では|じゃ|で)(?:な|あり)")  # ja
_BOTH = re.compile(r"\b(?:yes (?:and|or|but) no|no (?:and|or|but) yes)\b", re.IGNORECASE)
_NAME_SIGNS = re.compile(r"[-+#]{1,3}$")
_WRITTEN_SIGNS = re.compile(r"[-+#]{1,3}(?!\w)")
_MORE_SPELLING = 100
"""Characters by which a spelling may be longer than four times the value."""
_SIGNS_ONLY = re.compile(r"[-+#<>=%]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """The value that was meant, the cost of reading it so, and in words what was done."""

    value: Any
    cost: int
    what: str


class NoChoice(Exception):
    """Why no value can be read; the message may say "ambiguous"."""


def choose(choices: Sequence[Any], given: Any) -> Choice:
    """The one of `choices` that a scalar means. Raises NoChoice."""
    if not isinstance(given, str):
        for choice in choices:
            if same(choice, given):
                return Choice(choice, 0, "")
        if isinstance(given, int | float) and (text := text_of(given)) in choices:
            return Choice(text, COERCED, "a number or boolean, read as text")
        raise NoChoice("is none of the allowed values")
    strings = _strings(tuple(choice for choice in choices if isinstance(choice, str)))
    if given in strings.spelled[0] and given in choices:
        return Choice(given, 0, "")
    if (spelled := _spelled(strings, given)) is not None:
        return Choice(spelled, SPELLING, "spelled as the schema does")
    for choice in choices:
        if not isinstance(choice, str) and _says(choice, given):
            return Choice(choice, COERCED, "text, read as a number, boolean or null")
    return Choice(_named(choices, strings, given), WORDS, "named in a sentence")


def boolean_named(text: str) -> bool:
    """The one truth value of a sentence. Raises NoChoice."""
    words = words_of(text)
    if _BOTH.search(text):
        raise NoChoice("ambiguous: says yes and no")
    hits = [
        _Hit(i, i + 1, word.folded == "true", exact=True)
        for i, word in enumerate(words)
        if word.folded in ("true", "false")
    ]
    hits += [
        _Hit(i, i + 1, word.folded == "yes", exact=True)
        for i, word in enumerate(words)
        if word.folded in ("yes", "no") and _ends_clause(text, words, i)
    ]
    return bool(_only(text, words, hits))


def number_named(text: str) -> int | float:
    """The one number of a sentence. Raises NoChoice."""
    named = numbers_named(text)
    values = [value for _, _, value in named]
    if not values:
        raise NoChoice("names no number")
    if None in values or any(value != values[0] for value in values):
        raise NoChoice("ambiguous: names several numbers, or one that can be read in two ways")
    before = words_of(text[max(0, named[0][0] - 60) : named[0][0]])
    if any(word.folded in _DENIALS for word in before[-_NEAR:]) or (
        before and before[-1].folded in ("minus", "negative")
    ):
        raise NoChoice("ambiguous: the number may be denied")
    return values[0]  # type: ignore[return-value]  # None was refused above


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values, at any depth: true is not 1, and 1.0 is 1."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if left is right:
            continue
        if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs.extend(zip(left, right, strict=True))
        elif isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
            pairs.extend((item, right[key]) for key, item in left.items())
        elif (
            isinstance(left, dict | list | bool)
            or isinstance(right, dict | list | bool)
            or left != right
        ):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Hit:
    first: int
    past: int
    value: Any
    exact: bool


class _Strings(NamedTuple):
    """The strings of an enum, arranged once for all that is compared with them.

    spelled: by their spelling as it is, without case, and folded. by_name: by folded name.
    beginnings: of those names. longest: characters. most: words of a value.
    """

    spelled: tuple[dict[str, list[str]], ...]
    by_name: dict[str, list[str]]
    beginnings: frozenset[str]
    longest: int
    most: int


_SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.casefold, fold)


@lru_cache(maxsize=256)
def _strings(values: tuple[str, ...]) -> _Strings:
    spelled: list[dict[str, list[str]]] = []
    for spelling in _SPELLINGS:
        table: dict[str, list[str]] = {}
        for value in values:
            table.setdefault(spelling(value), []).append(value)
        spelled.append(table)
    by_name = {name: alike for name, alike in spelled[-1].items() if name}
    return _Strings(
        tuple(spelled),
        by_name,
        frozenset(name[:end] for name in by_name for end in range(1, len(name[:1_000]) + 1)),
        max(map(len, values), default=0),
        min(MAX_WORDS_OF_A_VALUE, max(map(count_words, values), default=0)),
    )


def _spelled(strings: _Strings, given: str) -> str | None:
    """The value of the same spelling; closer spellings first."""
    plain = bare(given)
    if len(plain) > 4 * strings.longest + _MORE_SPELLING:
        return None
    ends = re.sub(r"[^\w\s]+$", "", plain)
    signs = _SIGNS_ONLY.fullmatch(plain[len(ends) :]) is not None
    for spelling, table in zip(_SPELLINGS, strings.spelled, strict=True):
        wanted = dict.fromkeys([spelling(plain)] if signs else [spelling(plain), spelling(ends)])
        found = [value for name in wanted if name for value in table.get(name, ())]
        if len(found) > 1:
            raise NoChoice(f"ambiguous: could be {' or '.join(map(repr, found[:4]))}")
        if found and not (signs and spelling is fold and not _ends_alike(found[0], plain)):
            return found[0]
    return None


def _ends_alike(value: str, plain: str) -> bool:
    return value[-1:] == plain[-1:]


def _says(choice: Any, given: str) -> bool:
    if choice is None:
        return null_in(given)
    if isinstance(choice, bool):
        return boolean_in(given) is choice
    return isinstance(choice, int | float) and same(choice, number_in(given))


def _named(choices: Sequence[Any], strings: _Strings, given: str) -> Any:
    words = words_of(given)
    hits = list(_hits(strings, given, words))
    if hits:
        return _only(given, words, hits)
    if any(isinstance(choice, bool) for choice in choices):
        return _member(choices, boolean_named(given))
    if any(isinstance(choice, int | float) for choice in choices):
        return _member(choices, number_named(given))
    raise NoChoice("is none of the allowed values and names none")


def _member(choices: Sequence[Any], value: Any) -> Any:
    for choice in choices:
        if same(choice, value):
            return choice
    raise NoChoice("names a value that is not allowed")


def _hits(strings: _Strings, text: str, words: list[Word]) -> Iterable[_Hit]:
    for first, word in enumerate(words):
        if word.folded not in strings.beginnings:
            continue
        folded: list[str] = []
        for past in range(first + 1, min(first + strings.most, len(words)) + 1):
            if past - first > 1 and not one_name(text[words[past - 2].end : words[past - 1].start]):
                break
            folded.append(words[past - 1].folded)
            for value in strings.by_name.get(joined(folded), ()):
                if _signs_agree(text, words[past - 1].end, value):
                    exact = text.startswith(value, word.start)
                    yield _Hit(first, past, value, exact=exact)


def _signs_agree(text: str, end: int, value: str) -> bool:
    """Whether signs that belong to a name, as in C++ and A-, are the same on both."""
    name = _NAME_SIGNS.search(value)
    written = _WRITTEN_SIGNS.match(text, end)
    return (name.group() if name else "") == (written.group() if written else "")


def _only(text: str, words: list[Word], hits: list[_Hit]) -> Any:
    """The one value of the hits that stand alone. Raises NoChoice."""
    longest: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.first, hit.first - hit.past)):
        if not longest or hit.past > longest[-1].past or hit.first == longest[-1].first:
            if longest and hit.first == longest[-1].first and hit.past < longest[-1].past:
                continue
            longest.append(hit)
    kept = [hit for hit in longest if hit.exact] or longest
    if not kept:
        raise NoChoice("names none of the allowed values")
    values = list(dict.fromkeys(hit.value for hit in kept))
    if len(values) > 1:
        raise NoChoice(f"ambiguous: names {' and '.join(map(repr, values[:4]))}")
    if any(_denied(text, words, hit) for hit in kept):
        raise NoChoice(f"ambiguous: {values[0]!r} may be denied")
    return values[0]


def _denied(text: str, words: list[Word], hit: _Hit) -> bool:
    if _DENIED_AFTER.match(text, words[hit.past - 1].end):
        return True
    for step in range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1):
        if clause_ends(text[words[step].end : words[step + 1].start]):
            break
        if _denies(text, words[step]):
            return True
    for step in range(hit.past, min(len(words), hit.past + _NEAR)):
        if clause_ends(text[words[step - 1].end : words[step].start]):
            break
        if _denies(text, words[step]):
            return True
    return False


def _denies(text: str, word: Word) -> bool:
    if word.folded == "t":  # isn't, doesn't
        return text[word.start - 1 : word.start] in ("'", "’")
    if text.startswith(_NO_DENIAL, word.start):
        return False
    return word.folded in _DENIALS


def _ends_clause(text: str, words: list[Word], index: int) -> bool:
    if index + 1 == len(words):
        return True
    return clause_ends(text[words[index].end : words[index + 1].start])
