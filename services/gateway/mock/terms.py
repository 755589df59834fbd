"""Cuts a text into the terms that carry its content.

A term is a run of content words: function words, punctuation and a leading verb end it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from services.gateway.mock import unspaced
from services.gateway.mock.glue import Glue

MAX_WORDS = 5
MAX_PHRASE_WORDS = 9
MAX_CHARACTERS = 70

_TOKEN = re.compile(r"[^\W_]+(?:[-.'’/&+][^\W_]+)*[+#]*['’]?")
_WITHIN_TOKEN = re.compile(r"[-./&+'’]")
_ELISION = re.compile(
    r"((?:l|d|dell|all|nell|sull|dall|un|qu|j|s|c|n|m|t|jusqu)['’])(\w.*)", re.IGNORECASE
)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SENTENCE = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.casefold().replace("’", "'")


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without the empty ones."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


@lru_cache(maxsize=2048)
def keys(text: str) -> frozenset[str]:
    """What two texts are compared by: word beginnings, or pairs of Han and kana characters.

    Six characters of a word, so that "trainer" meets "training".
    """
    found: set[str] = set()
    for token in _TOKEN.findall(text.casefold()):
        for word in _WITHIN_TOKEN.split(token):
            if word and "\u3040" <= word[0] <= "\u9fff":
                found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
            elif len(word) > 2 or not word.isalpha():
                found.add(word[:6] if len(word) > 5 else word.removesuffix("s"))
    found.discard("")
    return frozenset(found)


def slug(text: str, joint: str = "-") -> str:
    """A text in ASCII lower case letters and digits; empty when it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_SLUG.sub(joint, plain).strip(joint)


def chunks(text: str, glue: Glue) -> list[str]:
    """The terms of a text, in order, as they stand in it."""
    if glue.code in unspaced.LANGUAGES:
        return unspaced.chunks(text, glue)
    found: list[str] = []
    for sentence in sentences(text):
        run: list[_Word] = []
        parts = _words(sentence)
        skip = _after_verb(parts, glue)
        for index, word in enumerate(parts):
            if run and sentence[run[-1].end : word.start].strip(" "):
                _close(run, sentence, glue, found)
            if run and word.lower in glue.linkers:
                run.append(word)
            elif index < skip or _ends_term(index, parts, glue):
                _close(run, sentence, glue, found)
            else:
                run.append(word)
        _close(run, sentence, glue, found)
    return found


def phrase(text: str, glue: Glue, *, short: bool = False) -> str:
    """What a goal is about, as a phrase with its own article; empty when there is none.

    "Write a thesis on medieval bread" gives "the thesis on medieval bread", and short
    "the thesis".
    """
    if glue.code in unspaced.LANGUAGES:
        return unspaced.phrase(text, glue)
    for sentence in sentences(text):
        parts = _words(sentence)
        continuers = glue.linkers if short else glue.continuers
        taken = _phrase_words(parts, sentence, glue, continuers)
        if taken:
            found = sentence[taken[0].start : taken[-1].end]
            if taken[0].lower in glue.determiners:
                found = found[0].lower() + found[1:]
            for indefinite, definite in glue.definite:
                if found.casefold().startswith(indefinite):
                    found = definite + found[len(indefinite) :]
            return found
    return ""


@lru_cache(maxsize=2048)
def without_determiner(text: str, glue: Glue) -> str:
    """A phrase without its leading article or possessive."""
    parts = _words(text)
    while len(parts) > 1 and parts[0].lower in glue.determiners:
        parts = parts[1:]
    return text[parts[0].start :] if parts else text


def _words(sentence: str) -> list[_Word]:
    found: list[_Word] = []
    for match in _TOKEN.finditer(sentence):
        elided = _ELISION.fullmatch(match.group())
        if elided:
            middle = match.start() + elided.end(1)
            found.append(_Word(elided.group(1), match.start(), middle))
            found.append(_Word(elided.group(2), middle, match.end()))
        else:
            found.append(_Word(match.group(), match.start(), match.end()))
    return found


def _after_verb(parts: list[_Word], glue: Glue) -> int:
    """How many words in front are no content: "I want to", "Please create", "Organizzare".

    A verb is known by itself, by its form, or by the article or number behind it.
    """
    skip = 0
    verb = False
    while skip < len(parts) - 1:
        word = parts[skip].lower
        if word in glue.determiners:
            break
        following = parts[skip + 1].lower
        counted = following.isdigit() and skip + 2 < len(parts)
        if word in glue.function_words:
            verb = False
        elif not verb and (
            word in glue.work_verbs
            or following in glue.determiners
            or counted
            or (skip == 0 and glue.infinitive and glue.infinitive.fullmatch(word))
        ):
            verb = True
        else:
            break
        skip += 1
    return skip


def _ends_term(index: int, parts: list[_Word], glue: Glue) -> bool:
    """Whether a word is a function word, a number or a verb, and so no part of a term."""
    word = parts[index]
    lower = word.lower
    if lower in glue.function_words or not any(character.isalpha() for character in lower):
        return True
    if len(lower) == 1:
        return True
    if index and parts[index - 1].lower in glue.particles and word.text[0].islower():
        return True
    if not (glue.verb_last and index and word.text[0].islower()):
        return False
    last = index == len(parts) - 1
    if last and glue.nouns_capitalised and lower.endswith("n"):
        return True
    return lower in glue.work_verbs and (last or parts[index + 1].lower in glue.function_words)


def _close(run: list[_Word], sentence: str, glue: Glue, found: list[str]) -> None:
    """Ends a run of words and keeps it when it is a term."""
    while run and run[-1].lower in glue.linkers:
        run.pop()
    if run:
        kept = run[-MAX_WORDS:] if glue.head_last else run[:MAX_WORDS]
        while kept[0].lower in glue.linkers or kept[-1].lower in glue.linkers:
            kept = kept[1:] if kept[0].lower in glue.linkers else kept[:-1]
        text = sentence[kept[0].start : kept[-1].end]
        if len(text) <= MAX_CHARACTERS:
            found.append(text)
    run.clear()


def _before_last(continuers: frozenset[str], taken: list[_Word]) -> list[_Word]:
    """A phrase that is too long, without the part that its last continuer opened."""
    cut = [at for at, word in enumerate(taken) if at and word.lower in continuers]
    return taken[: cut[-1]] if cut else taken


def _phrase_words(
    parts: list[_Word], sentence: str, glue: Glue, continuers: frozenset[str]
) -> list[_Word]:
    taken: list[_Word] = []
    content = False
    for index in range(_after_verb(parts, glue), len(parts)):
        word = parts[index]
        lower = word.lower
        if taken and sentence[taken[-1].end : word.start].strip(" "):
            break
        follows_content = bool(taken) and taken[-1].lower not in glue.function_words
        if lower in glue.function_words:
            if not content and lower not in glue.determiners:
                taken = []
                continue
            opens = not follows_content and lower in glue.determiners
            if content and not opens and lower not in continuers:
                break
        elif _ends_term(index, parts, glue) and lower.isalpha():
            break
        else:
            content = True
        if len(taken) >= MAX_PHRASE_WORDS:
            taken = _before_last(continuers, taken)
            break
        taken.append(word)
    while taken and taken[-1].lower in glue.function_words:
        taken.pop()
    return taken if content else []
