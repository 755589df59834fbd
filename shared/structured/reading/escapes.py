r"""Backslashes in strings: what JSON defines is decoded, what it does not is kept.

- `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t` and `\uXXXX` mean what RFC 8259 says; a
  pair of surrogates is one character, a lone one becomes U+FFFD.
- A backslash before a quote of any kind, or before a line break, stands for what follows it.
- Before any other character it is kept: `\d` stays two characters, `C:\Users` a path.
- In a string that holds such an undefined escape, `\b \f \n \r \t` are also kept where they
  begin a part of a Windows path or a LaTeX command (`C:\Users\new`, `\int\frac`): whoever
  forgot to double one backslash forgot the others. Valid JSON never comes here.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # json's own, in C

from shared.structured.reading.lookahead import QUOTES

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\"}
_UNDEFINED = re.compile(r"\\(?:u(?![0-9a-fA-F]{4})|[^\"'`\\/bfnrtu\n“”„‘’«»´])")
_PATH = re.compile(r"[A-Za-z]:\\|\\\\")
_LATEX = frozenset(
    [
        "bar",
        "begin",
        "beta",
        "bigcap",
        "bigcup",
        "binom",
        "boldsymbol",
        "bot",
        "bullet",
        "frac",
        "forall",
        "flat",
        "nabla",
        "natural",
        "ne",
        "nearrow",
        "neg",
        "neq",
        "newline",
        "nexists",
        "ni",
        "nmid",
        "not",
        "notin",
        "nu",
        "rangle",
        "rceil",
        "re",
        "rfloor",
        "rho",
        "right",
        "rightarrow",
        "rm",
        "root",
        "rule",
        "tan",
        "tanh",
        "tau",
        "text",
        "textbf",
        "textit",
        "tfrac",
        "therefore",
        "theta",
        "tilde",
        "times",
        "to",
        "top",
        "triangle",
    ]
)
_LETTERS = re.compile(r"[A-Za-z]{0,20}")
_DANGLING = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")


def decode(raw: str) -> tuple[str, list[str]]:
    """The text that `raw`, the inside of a string, stands for, and what was repaired."""
    if "\\" not in raw:
        return _without_lone_surrogates(raw, [])
    try:
        text, end = scanstring(raw + '"', 0, False)  # noqa: FBT003  # C's signature
    except ValueError:
        end = -1
    if end == len(raw) + 1:
        return _without_lone_surrogates(text, [])
    return _mended(raw)


def cut(raw: str) -> str:
    """`raw` without an escape that was cut off at its end."""
    if found := _DANGLING.search(raw, max(0, len(raw) - 6)):
        before = raw[: found.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:  # it is not itself escaped
            raw = before
    high = re.search(r"\\u[dD][89abAB][0-9a-fA-F]{2}$", raw[-6:])
    return raw[:-6] if high else raw


def is_path(text: str, start: int) -> bool:
    """Whether a Windows path begins at `start`, as it is without doubled backslashes."""
    return _PATH.match(text, start) is not None


def unescaped(text: str) -> str:
    """One layer of backslashes taken off a whole document."""
    return _ESCAPE.sub(lambda found: _meaning(found[1]) or found[1], text)


def _meaning(code: str) -> str | None:
    if code in _PLAIN:
        return _PLAIN[code]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    return code if code in QUOTES or code == "\n" else None


def _mended(raw: str) -> tuple[str, list[str]]:
    notes: list[str] = []
    undefined = _UNDEFINED.search(raw) is not None
    path = undefined and _PATH.match(raw) is not None

    def replace(found: re.Match[str]) -> str:
        code = found[1]
        meaning = _meaning(code)
        if meaning is None or (undefined and code in "bfnrt" and _is_name(raw, found, path)):
            notes.append("a backslash that begins no escape is kept")
            return found[0]
        if code not in _PLAIN and len(code) == 1 and code != '"':
            notes.append("a needless backslash is left out")
        return meaning

    text = _ESCAPE.sub(replace, raw)
    pairs = re.sub(
        "[\ud800-\udbff][\udc00-\udfff]",
        lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"),
        text,
    )
    return _without_lone_surrogates(pairs, list(dict.fromkeys(notes)))


def _is_name(raw: str, found: re.Match[str], path: bool) -> bool:  # noqa: FBT001
    """Whether a letter after a backslash begins a name: of a folder, or of a LaTeX command."""
    letters = _LETTERS.match(raw, found.start(1))
    word = letters[0] if letters else ""
    return (path and len(word) > 1) or word in _LATEX


def _without_lone_surrogates(text: str, notes: list[str]) -> tuple[str, list[str]]:
    if text.isascii() or not LONE_SURROGATE.search(text):
        return text, notes
    return LONE_SURROGATE.sub("�", text), [*notes, "a lone surrogate is replaced by U+FFFD"]
