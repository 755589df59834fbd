"""Decides in which language to answer: the prompt's instruction, else the goal's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.gateway.mock.glue import GLUES, PLAIN, Glue, words

_KANA = re.compile(r"[ぁ-んァ-ヴ]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u05ff\u0700-\u1dff\uac00-\ud7af]")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+['’]?(?!\d)")
_SPELLING_VOTE = 0.1
"""What one sign of spelling counts, where a word that only one language has counts 1."""
_INFINITIVE_VOTE = 0.3
"""What a first word with the ending of a verb counts."""
_DEFAULT_VOTE = 0.35
"""What it takes to leave the default language: more than a few signs of spelling."""

_INSTRUCTION = re.compile(
    r"\b(?:write|answer|respond|reply|speak|text|output|all|everything)\b[^.\n]{0,40}?\bin"
    r"\s+(?P<prose>[^\W\d_]+(?:-[a-z]{2,8})?)"
    r"|\b(?:language|lang|locale|sprache|lingua|idioma|langue|língua|taal)\s*[:=]\s*[\"']?"
    r"(?P<label>[^\W\d_]+(?:-[a-z]{2,8})?)"
    r"|\bauf\s+(?P<german>[^\W\d_]+)"
    r"|\b(?:rispondi|scrivi|responde|escribe|réponds|répondez|écris|écrivez|responda|escreva"
    r"|antwoord|schrijf)\s+(?:in|en|em)\s+(?P<romance>[^\W\d_]+)"
    r"|用(?P<chinese>中文|英语|英文|德语|法语|日语|日文)"
    r"|(?P<japanese>日本語|英語|中国語)で"
    r"|(?:باللغة\s+)(?P<arabic>\w+)",
    re.IGNORECASE,
)
_OTHER_LANGUAGES = words(
    "afrikaans albanian armenian basque belarusian bosnian catalan croatian esperanto estonian filipino"
    " galician georgian gujarati icelandic irish kannada kazakh latin latvian lithuanian macedonian"
    " malayalam marathi mongolian punjabi serbian slovenian swahili tamil telugu uzbek welsh zulu"
    " swedish danish norwegian finnish polish czech slovak hungarian romanian bulgarian greek russian"
    " ukrainian turkish hebrew hindi bengali urdu persian thai vietnamese indonesian malay korean"
    " sv da no nb fi pl cs sk hu ro bg el ru uk tr he hi bn ur fa th vi id ms ko"
)


def _named() -> dict[str, Glue]:
    found = dict.fromkeys(_OTHER_LANGUAGES, PLAIN)
    for glue in GLUES.values():
        found |= dict.fromkeys(glue.names, glue)
    return found


def _votes() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each closed-class word with the languages that have it; shared words weigh less."""
    owners: dict[str, list[str]] = {}
    for glue in GLUES.values():
        for word in glue.function_words | glue.work_verbs:
            owners.setdefault(word, []).append(glue.code)
    return {
        word: tuple((code, 1 / len(codes) ** 2) for code in codes) for word, codes in owners.items()
    }


_GLUE_BY_NAME = _named()
_VOTES = _votes()


def directed(lines: Iterable[str]) -> Glue | None:
    """The language that the last instruction asks for ("Write in German."), if any does.

    The plain glue when the language is named and is none of the ten.
    """
    found = None
    for line in lines:
        for match in _INSTRUCTION.finditer(line):
            name = next(part for part in match.groups() if part).casefold()
            found = _GLUE_BY_NAME.get(name) or _GLUE_BY_NAME.get(name.split("-")[0]) or found
    return found


def detect(text: str, default: Glue) -> Glue:
    """The language of a text by its script and closed-class words; `default` on no sign.

    The plain glue for a script that none of the ten is written in.
    """
    latin = len(_LATIN.findall(text))
    if _KANA.search(text):
        return GLUES["ja"]
    if len(_HAN.findall(text)) * 3 > latin:
        return GLUES["zh"]
    if len(_ARABIC.findall(text)) > latin:
        return GLUES["ar"]
    if len(_OTHER_SCRIPT.findall(text)) > latin:
        return PLAIN
    return _latin(text.casefold().replace("’", "'"), default)


def _latin(text: str, default: Glue) -> Glue:
    score: dict[str, float] = dict.fromkeys(GLUES, 0.0)
    if default.code in score:
        score[default.code] = _DEFAULT_VOTE
    found = _WORD.findall(text)
    for word in found:
        for code, vote in _VOTES.get(word, ()):
            score[code] += vote
    for glue in GLUES.values():
        if glue.spelling:
            score[glue.code] += _SPELLING_VOTE * len(glue.spelling.findall(text))
        if glue.infinitive and found and glue.infinitive.fullmatch(found[0]):
            score[glue.code] += _INFINITIVE_VOTE
    best = max(GLUES, key=lambda code: score[code])
    return GLUES[best] if score[best] > 0 else default
