"""Terms of Chinese and Japanese, whose words no spaces part.

Without a dictionary: closed-class strings part Chinese, particles part Japanese.
"""

from __future__ import annotations

import re
from functools import cache

from services.gateway.mock.glue import Glue

LANGUAGES = frozenset({"zh", "ja"})
MAX_CHARACTERS = 16

_CLAUSE = re.compile(r"[^\u3400-\u9fffA-Za-z0-9+#々ーぁ-んァ-ヴ ・-]+")
_CHINESE_JOINTS = "的和与及或"
"""Single characters that part words nearly everywhere; others do so only in front."""
_JAPANESE_TERM = re.compile(
    r"[\u3400-\u9fff々ァ-ヴーA-Za-z0-9・]+"
    r"(?:[っしきいえけげせてみめびりれちぎ]{1,2}[\u3400-\u9fff々]+)?"
    r"(?:[しきいえけみめびりち](?=[のをにはがとで]|$))?"
)
_JAPANESE_PHRASE = re.compile(
    rf"(?:{_JAPANESE_TERM.pattern}(?:についての|のための|での|への|の))*{_JAPANESE_TERM.pattern}(を?)"
)
_DIGITS_IN_FRONT = re.compile(r"^[0-9]+[周天月年人个歳週日間分]*")


def chunks(text: str, glue: Glue) -> list[str]:
    """The terms of a text, in order."""
    found: list[str] = []
    for clause in _CLAUSE.split(text):
        parts = _japanese(clause, glue) if glue.code == "ja" else _chinese(clause, glue)
        found += [part for part in parts if 2 <= len(part) <= MAX_CHARACTERS]
    return found


def phrase(text: str, glue: Glue) -> str:
    """What a goal is about; empty when there is none."""
    for clause in _CLAUSE.split(text):
        if glue.code == "ja":
            phrases = [
                match
                for match in _JAPANESE_PHRASE.finditer(clause)
                if len(match.group()) > 2 and _japanese(match.group(), glue)
            ]
            if phrases:
                objects = [match for match in phrases if match.group(1)]
                return (objects or phrases)[0].group().removesuffix("を")
        else:
            terms = _chinese(clause, glue)
            if terms:
                last = terms[-1]
                owner = terms[-2] + "的" if len(terms) > 1 else ""
                return owner + last if owner and owner + last in clause else last
    return ""


def _japanese(clause: str, glue: Glue) -> list[str]:
    found = []
    for match in _JAPANESE_TERM.finditer(clause):
        term = _DIGITS_IN_FRONT.sub("", match.group()).strip("・")
        if term and term not in glue.work_verbs and term not in glue.function_words:
            found.append(term)
    return found


@cache
def _chinese_parts(
    strings: frozenset[str],
) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of what parts words anywhere, and of what is cut off in front."""
    longest_first = sorted(strings, key=lambda string: (-len(string), string))
    anywhere = [re.escape(string) for string in longest_first if len(string) > 1]
    front = [re.escape(string) for string in longest_first]
    return (
        re.compile("|".join([*anywhere, f"[{_CHINESE_JOINTS}]"])),
        re.compile(f"^(?:{'|'.join(front)})+"),
    )


def _chinese(clause: str, glue: Glue) -> list[str]:
    joint, front = _chinese_parts(glue.function_words | glue.work_verbs)
    found = []
    for part in re.split(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])", clause):
        for piece in joint.split(part):
            term = _DIGITS_IN_FRONT.sub("", front.sub("", piece.strip(" ・-"))).strip()
            if term:
                found.append(term)
    return found
