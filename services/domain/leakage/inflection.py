"""The inflected forms of a word, by rule, in the languages that have a lexicon.

Forms are made from the lexicon's words and looked up, instead of cutting the text's words
down to stems: a stemmer also joins what is only related ("market" and "marketing",
"organ" and "organization"), and a joined word is a false alarm. The rules give too many
forms rather than too few: one that nobody writes does no harm. Irregular forms are
entries of the lexicons.

Sources of the paradigms: Porter 2001 (the Snowball endings), Savoy 2006 ("Light stemming
approaches for the French, Portuguese, German and Hungarian languages").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

LEAST_LETTERS = 3
"""Shorter words have no forms but themselves and a plural s."""

_VOWELS = "aeiouyáéíóúàèìòùäöü"
_UMLAUTS = {"au": "äu", "a": "ä", "o": "ö", "u": "ü"}
_Endings = tuple[tuple[str, tuple[str, ...]], ...]
"""Ending that is taken off, endings that are put in its place; the first that fits holds."""

_GERMAN = ("e", "en", "em", "er", "ern", "es", "n", "s", "se", "sen", "nen", "in", "innen")
_GERMAN_VERB = ("e", "t", "te", "ten", "st", "est", "et", "ete", "end", "ende", "enden", "ung")

_FRENCH: _Endings = (
    ("eaux", ()),
    ("eau", ("eaux",)),
    ("al", ("aux", "ale", "ales", "als")),
    ("eur", ("eurs", "euse", "euses", "rice", "rices")),
    ("if", ("ifs", "ive", "ives")),
    ("ien", ("iens", "ienne", "iennes")),
    ("el", ("els", "elle", "elles")),
    ("er", ("er", "e", "es", "ons", "ez", "ent", "é", "ée", "és", "ées", "ant", "era", "eront",
            "ait", "aient", "ers")),
    ("ir", ("is", "it", "ie", "ies", "issez", "issons", "issent", "issant", "ira", "irs")),
    ("é", ("és", "ée", "ées")),
    ("", ("s", "x", "e", "es")),
)  # fmt: skip
_SPANISH: _Endings = (
    ("z", ("ces",)),
    ("ión", ("iones",)),
    ("ón", ("ones", "ona")),
    ("or", ("ores", "ora", "oras")),
    ("ar", ("a", "an", "as", "amos", "ando", "ado", "ada", "ados", "adas", "e", "en", "emos", "ó",
            "arla", "arlo", "arlas", "arlos", "ará", "aron")),
    ("er", ("e", "en", "emos", "iendo", "ido", "ida", "idos", "idas", "a", "an", "erá", "ieron")),
    ("ir", ("e", "en", "imos", "iendo", "ido", "ida", "idos", "idas", "a", "an", "irá", "ieron")),
    ("o", ("os", "a", "as")),
    ("a", ("as", "o", "os")),
    ("", ("s", "es")),
)  # fmt: skip
_ITALIAN: _Endings = (
    ("are", ("a", "ano", "iamo", "ando", "ato", "ata", "ati", "ate", "o", "i", "ino", "erà", "arla",
             "arlo", "arli", "arle", "ati")),
    ("ere", ("e", "ono", "iamo", "endo", "uto", "uta", "uti", "ute", "o", "i", "a", "ano", "erà")),
    ("ire", ("e", "isce", "iscono", "iamo", "endo", "ito", "ita", "iti", "ite", "o", "irà")),
    ("cia", ("ce", "cie")),
    ("gia", ("ge", "gie")),
    ("ca", ("che",)),
    ("ga", ("ghe",)),
    ("co", ("chi", "ci", "ca", "che")),
    ("go", ("ghi", "gi", "ga", "ghe")),
    ("io", ("i", "ia", "ie")),
    ("o", ("i", "a", "e")),
    ("a", ("e", "i", "o")),
    ("e", ("i",)),
    ("", ("s",)),
)  # fmt: skip


def forms_of(word: str, language: str) -> frozenset[str]:
    """Every inflected form of a word in lower case, itself included.

    language: a primary BCP 47 tag; of one without rules only the word itself comes back.
    """
    maker = _MAKERS.get(language)
    if maker is None:
        return frozenset((word,))
    if len(word) < LEAST_LETTERS or not word.isalpha():
        return frozenset((word, f"{word}s"))
    return frozenset((word, *maker(word)))


def _english(word: str) -> Iterator[str]:
    last, stem = word[-1], word[:-1]
    yield from (f"{word}s", f"{word}es")
    if word.endswith("sis"):
        yield f"{word[:-2]}es"
    if word.endswith("man"):
        yield f"{word[:-2]}en"
    if last == "y" and word[-2] not in _VOWELS:
        yield from (f"{stem}ies", f"{stem}ied", f"{word}ing")
    elif last == "e":
        yield from (f"{word}d", f"{stem}ing")
    else:
        yield from (f"{word}ed", f"{word}ing")
    if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", word):
        yield from (f"{word}{last}ed", f"{word}{last}ing")


def _german(word: str) -> Iterator[str]:
    yield from (word + ending for ending in _GERMAN)
    if word.endswith("nis"):
        yield from (f"{word}se", f"{word}sen")
    umlauted = _umlauted(word)
    if umlauted:
        yield from (umlauted + ending for ending in ("", "e", "en", "er", "ern", "n"))
    if word.endswith(("en", "ern", "eln")):
        stem = word.removesuffix("en") if word.endswith("en") else word.removesuffix("n")
        yield from (stem + ending for ending in _GERMAN_VERB)
        yield from (f"ge{stem}t", f"ge{stem}te", f"ge{stem}ten")


def _umlauted(word: str) -> str:
    """The word with its last vowel umlauted, empty if it has none to umlaut."""
    for place in range(len(word) - 2, -1, -1):
        for plain, umlaut in _UMLAUTS.items():
            if word.startswith(plain, place):
                if plain == "u" and word[place - 1 : place] in {"a", "e"}:
                    continue
                return word[:place] + umlaut + word[place + len(plain) :]
    return ""


def _by_endings(table: _Endings) -> Callable[[str], Iterator[str]]:
    def forms(word: str) -> Iterator[str]:
        for ending, others in table:
            if word.endswith(ending):
                stem = word[: len(word) - len(ending)]
                yield from (stem + other for other in others)
                break
        yield f"{word}s"

    return forms


_MAKERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "en": _english,
    "de": _german,
    "fr": _by_endings(_FRENCH),
    "es": _by_endings(_SPANISH),
    "it": _by_endings(_ITALIAN),
}
