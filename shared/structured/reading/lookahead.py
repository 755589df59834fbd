"""What may follow: the patterns that tell a delimiter from a character of a text.

A quote, a comma or a bracket inside a broken document is structure only if what comes
after it goes on like a document. Every pattern here is anchored, looks at a bounded number
of characters beside a run of whitespace, and repeats nothing that can match in two ways
(possessive quantifiers), so each look costs the same however long the text is.
"""

from __future__ import annotations

import re

QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`´",
    "´": "´`",
    "“": '”“‟"',
    "”": '”“"',
    "„": '“”"',
    "‟": '”"',
    "‘": "’‘'",
    "’": "’‘'",
    "‚": "‘’'",
    "«": "»",
    "»": "«",
}
"""Characters that open a string, each with those that close it."""

SPACE = r"[\s\u180e\u200b-\u200f\u2060\ufeff]"
"""Whitespace, and characters that take no room; JSON itself knows four of them."""

_QUOTE = "[\"'`“”„‘’«]"
_QUOTED_KEY = (
    r"(?:\"(?:[^\"\\\n]|\\.){0,300}+\"|'(?:[^'\\\n]|\\.){0,300}+'|`[^`\n]{0,300}+`"
    r"|“[^”\n]{0,300}+”|‘[^’\n]{0,300}+’)"
)
_CUT_KEY = rf"(?:\"(?:[^\"\\\n]|\\.){{0,300}}+\\?|'[^'\n]{{0,300}}+|{{key}}{SPACE}*+)\Z".replace(
    "{key}", _QUOTED_KEY
)
_WORD = r"[^\W\d][\w$-]{0,60}+"
_BARE_KEY = rf"(?:{_WORD}|\$[\w$-]{{1,60}}+|[0-9]{{1,10}}+)"
_COLON = rf"{SPACE}*+(?::(?!//)|=>)"

ODD_SPACE = re.compile(rf"{SPACE}++")
KEY = re.compile(rf"{SPACE}*+{_QUOTED_KEY}{_COLON}")
"""A quoted key and its colon."""
ANY_KEY = re.compile(rf"{SPACE}*+(?:{_QUOTED_KEY}|{_BARE_KEY}[\"']?){_COLON}")
"""The same, or a key without quotes, or one whose opening quote is missing."""
LINE_KEY = re.compile(
    rf"[^\S\n]*+\n{SPACE}*+(?:{_QUOTED_KEY}|{_BARE_KEY}(?: {_WORD}){{0,3}}+){_COLON}"
)
"""A key on a line of its own: it may have spaces."""
AFTER_COMMA = re.compile(
    rf",{SPACE}*+(?:\Z|[,}}\]]|//|/\*|\.\.\.|…|```|(?:{_QUOTED_KEY}|{_BARE_KEY}[\"']?){_COLON}"
    rf"|{_CUT_KEY}|\"[\w$-]{{1,60}}+(?:\"{SPACE}++[\"\d{{\[]|:\s))"
)
"""A comma after which an object goes on or ends."""
VALUE_START = re.compile(
    rf"{SPACE}*+(?:\Z|{_QUOTE}|[\[{{(\]}}]|[-+]?\.?(?:\d|\Z)|//|/\*|\.\.\.|…|```"
    r"|(?:true|false|null|True|False|None)\b)"
)
"""Where an element of a list may begin, or the list ends."""
WORDS_THEN_DELIMITER = re.compile(rf"{SPACE}++[\w][\w .-]{{0,60}}+{SPACE}*+(?:,|\])")
"""Bare words up to the end of an element."""
_CLOSERS = re.compile(rf"[{SPACE[1:-1]}\]}})]*+")
_GOES_ON = re.compile(
    rf",(?:{SPACE}*+(?:\Z|{_QUOTE}|[\[{{\]}}]|[-+]?\.?\d|//|/\*|\.\.\.|…|```"
    rf"|{_BARE_KEY}{_COLON}|(?:true|false|null|True|False|None)\b))"
)


def closes_well(text: str, position: int, depth: int) -> bool:
    """Whether the document can go on after the closing brackets at `position`.

    depth: how many containers are open there.
    """
    end = _CLOSERS.match(text, position).end()  # type: ignore[union-attr]  # matches anything
    sign = text[end : end + 1]
    if not sign or text.startswith("```", end):
        return True
    if sign == ",":
        return _GOES_ON.match(text, end) is not None
    if (
        end - position >= depth > 0
        and sum(text.count(one, position, end) for one in "]})") >= depth
    ):  # prose may follow the document, but no quote glued to it
        return sign not in QUOTES or "\n" in text[position:end]
    return sign in '"{[/' or "\n" in text[position:end]
