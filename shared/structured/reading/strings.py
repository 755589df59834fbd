"""Where a string ends when its quotes cannot be trusted.

A quote ends a string if the document goes on after it: a colon after a key, a comma and a
key after a member, a comma and a value after an item, brackets that close what is open. A
quote after which it does not is a character of the text (`"say "hi" now"`). A string whose
quote is missing ends before the comma or line break where the next key begins
(`"city": "Bari, "age": 3`), or with the text. Each character is looked at once; what is
looked at in vain, for an end that does not come, is paid from the reader's effort.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from shared.structured.reading import escapes
from shared.structured.reading.blocks import TRIPLES, read_block
from shared.structured.reading.effort import Effort
from shared.structured.reading.lookahead import (
    AFTER_COMMA,
    KEY,
    LINE_KEY,
    ODD_SPACE,
    QUOTES,
    VALUE_START,
    WORDS_THEN_DELIMITER,
    closes_well,
)
from shared.structured.reading.places import Around, Place


@dataclass(slots=True)
class String:
    """A string as it was read. resume: where the document goes on. finished: it had an end."""

    value: str
    resume: int
    notes: list[str] = field(default_factory=list)
    finished: bool = True


class _Verdict(Enum):
    END = 1
    MAYBE = 2  # an end only if nothing better comes
    INNER = 3


_NEXT = {
    opener: re.compile(
        rf"[^{re.escape(closers)}\\]*+(?:\\.[^{re.escape(closers)}\\]*+)*+", re.DOTALL
    )
    for opener, closers in QUOTES.items()
}
_GLUED = frozenset(QUOTES) - {"`"}
_CONTROL = re.compile(r"[\x00-\x1f]")
_KEY_WITHOUT_END = re.compile(r"([\w$ -]{1,60}?)\s*:")


def read_string(text: str, start: int, place: Place, around: Around, effort: Effort) -> String:
    """The string that opens at `start`.

    Raises ValueError if what stands there reads as no string at all.
    """
    if text.startswith(TRIPLES, start) and (block := read_block(text, start)):
        mark = text[start : start + 3]
        return String(*block, [f"a text between {mark} is read as a string"])
    return _Search(text, start, place, around, effort).run()


def _blank(text: str, position: int) -> bool:
    """Whether only space is left."""
    space = ODD_SPACE.match(text, position)
    return (space.end() if space else position) == len(text)


class _Search:
    """The search for one string's end, from quote to quote."""

    def __init__(self, text: str, start: int, place: Place, around: Around, effort: Effort) -> None:
        self.text, self.start, self.place = text, start, place
        self.around, self.effort = around, effort
        self.maybe = self.split = -1  # the first quote, or comma, where it may have ended
        self.pending = 0  # inner quotes that opened and have not closed
        self.inner = 0
        self.braces = 0  # opened minus closed inside the text

    def run(self) -> String:
        text, size = self.text, len(self.text)
        after = _NEXT[text[self.start]]
        here = self.start + 1
        while True:
            found = after.match(text, here)
            quote = found.end() if found else here
            if quote >= size or text[quote] == "\\":
                return self._without_end()
            opens = self._opens(quote)
            if quote > here:
                self.braces += text.count("{", here, quote) - text.count("}", here, quote)
            verdict = self._judged(quote, opens=opens)
            if verdict is _Verdict.END:
                if self.split >= 0 and self.pending % 2:
                    return self._ended(self.split, self.split, "a closing quote was missing")
                return self._ended(quote, quote + 1)
            if opens or self.place is Place.KEY:
                ended = self._next_begins(here, quote)
                if ended is not None:
                    return ended
            if verdict is _Verdict.MAYBE and self.maybe < 0:
                self.maybe = quote
            self.inner += 1
            self.pending += 1 if opens else -min(1, self.pending)
            here = quote + 1

    def _judged(self, quote: int, *, opens: bool) -> _Verdict:
        """The verdict on a quote; at once where a letter or another quote touches it."""
        beside = self.text[quote + 1 : quote + 2]
        if beside in _GLUED:
            key = self.place is Place.MEMBER and KEY.match(self.text, quote + 1)
            return _Verdict.END if key else _Verdict.INNER
        return _Verdict.INNER if beside.isalnum() else self._verdict(quote, opens=opens)

    def _opens(self, quote: int) -> bool:
        """Whether a quote stands as an opening one does: space before it, none after."""
        before, after = self.text[quote - 1], self.text[quote + 1 : quote + 2]
        return (before.isspace() or before in "([{,:=>-/—") and not (
            after.isspace() or after in ",]}:" or not after
        )

    def _verdict(self, quote: int, *, opens: bool) -> _Verdict:  # noqa: PLR0911  # one per sign
        text, after = self.text, quote + 1
        space = ODD_SPACE.match(text, after)
        follow = space.end() if space else after
        if follow == len(text):
            return _Verdict.END
        sign = text[follow]
        if sign == "`" and text.startswith("```", follow):
            return _Verdict.END
        if self.place is Place.ROOT:
            more = sign in "+," and self._string_follows(follow + 1)
            return _Verdict.END if more and not self.pending else _Verdict.INNER
        if self.place is Place.KEY:
            return self._after_key(sign, follow, spaced=follow > after, opens=opens)
        if sign in "]}":
            return self._before_bracket(sign, follow)
        if sign in "/#);+" and (verdict := self._before_sign(sign, follow)):
            return verdict
        if self.place is Place.MEMBER:
            return self._after_member(sign, after, follow)
        return self._after_item(sign, follow, spaced=follow > after, opens=opens)

    def _before_sign(self, sign: str, follow: int) -> _Verdict | None:
        """The verdict where a comment, a parenthesis, a semicolon or a plus may follow."""
        text = self.text
        if sign == "/":
            return _Verdict.END if text[follow + 1 : follow + 2] in ("/", "*") else None
        if sign == "#":
            return self._before_hash(follow)
        if sign == ";":
            return _Verdict.END if KEY.match(text, follow + 1) else None
        if sign == "+":
            return _Verdict.END if self._string_follows(follow + 1) else _Verdict.INNER
        last = self.place is Place.ITEM and _blank(text, follow + 1)
        return _Verdict.END if self.around.parens or last else _Verdict.INNER

    def _before_hash(self, follow: int) -> _Verdict | None:
        """A hash and a space begin a comment, if the line has no further quote to end at."""
        if not self.text[follow + 1 : follow + 2].isspace():
            return None
        line = self.text.find("\n", follow, follow + 500)
        rest = self.text[follow : line if line >= 0 else follow + 500]
        return None if '"' in rest else _Verdict.END

    def _string_follows(self, position: int) -> bool:
        space = ODD_SPACE.match(self.text, position)
        follow = space.end() if space else position
        return self.text[follow : follow + 1] in QUOTES

    def _after_key(self, sign: str, follow: int, *, spaced: bool, opens: bool) -> _Verdict:
        if sign in ":=,}*" or self.text.startswith(("//", "/*"), follow):
            return _Verdict.END
        value = spaced and not opens and VALUE_START.match(self.text, follow)
        return _Verdict.END if value else _Verdict.INNER

    def _before_bracket(self, sign: str, follow: int) -> _Verdict:
        own = "}" if self.place is Place.MEMBER else "]"
        other = self.around.lists if sign == "]" else self.around.objects
        if sign != own and not other:
            return _Verdict.INNER
        if self.inner and self.braces > 0 and sign == "}":
            return _Verdict.MAYBE  # the brace may be the text's own
        good = closes_well(self.text, follow, self.around.depth)
        return _Verdict.END if good else _Verdict.MAYBE

    def _after_member(self, sign: str, after: int, follow: int) -> _Verdict:
        text = self.text
        if sign == ",":
            own = self.inner and self.braces > 0  # a brace of the text itself is open
            ends = not own and AFTER_COMMA.match(text, follow)
            return _Verdict.END if ends else _Verdict.MAYBE
        if LINE_KEY.match(text, after):
            return _Verdict.END
        if follow > after and KEY.match(text, follow):
            return _Verdict.END
        return _Verdict.INNER

    def _after_item(self, sign: str, follow: int, *, spaced: bool, opens: bool) -> _Verdict:
        text = self.text
        closing = not opens and not self.pending
        if sign == ":" and not self.inner:
            return _Verdict.END  # a key: the list was left open, or should be an object
        if sign == ",":
            if closing or VALUE_START.match(text, follow + 1):
                return _Verdict.END
            return _Verdict.MAYBE
        if spaced and closing:
            if VALUE_START.match(text, follow):
                return _Verdict.END
            if WORDS_THEN_DELIMITER.match(text, follow - 1):
                return _Verdict.END
        return _Verdict.INNER

    def _next_begins(self, here: int, quote: int) -> String | None:
        """The string, if its own quote is missing and this one opens what comes next."""
        text = self.text
        if self.place is Place.KEY:
            begun = None if self.inner else _KEY_WITHOUT_END.match(text, self.start + 1, quote)
            end = begun.end(1) if begun else -1
            return self._ended(end, end, "a closing quote was missing") if begun else None
        if self.place is Place.ROOT:
            return None
        said = text[here:quote].rstrip()
        if not said:
            return None
        broken = "\n" in text[here + len(said) : quote]
        end = here + len(said) - said.endswith(",")
        if said.endswith(",") and KEY.match(text, quote):
            closed = len(said[:-1].rstrip()) - 1  # is the bracket before the comma structure?
            if closed >= 0 and self._closes_around(said[closed]):
                end = here + closed
                return self._ended(end, end, "a closing quote was missing")
        if self.place is Place.MEMBER:
            if self.inner and self.braces > 0:
                return None  # an object inside of the text
            begins = (said.endswith(",") or broken) and KEY.match(text, quote) is not None
        else:
            begins = said.endswith(",") and broken
            if said.endswith(",") and self.split < 0 and not self.pending:
                self.split = end
        return self._ended(end, end, "a closing quote was missing") if begins else None

    def _closes_around(self, sign: str) -> bool:
        """Whether a bracket at the end of a text closes a container, and nothing inside."""
        if self.place is Place.ITEM:
            return sign == "]" and self.around.objects > 0
        return sign == "}" and self.braces < 0 and self.around.objects > 1

    def _ended(self, end: int, resume: int, note: str = "") -> String:
        opener, raw = self.text[self.start], self.text[self.start + 1 : end]
        if note and raw.endswith('\\"'):
            raw = raw[:-1]  # the quote was there, and a backslash in front of it
        value, notes = escapes.decode(raw)
        if note:
            notes.append(note)
        if self.inner and self.place is Place.KEY and ":" in value:
            raise ValueError("a key cannot be told from what follows it")
        if self.inner and not note:
            notes.append("quotes inside a string were not escaped")
        if opener != '"':
            notes.append(f"a string in {opener} instead of double quotes")
        elif _CONTROL.search(raw):
            notes.append("a control character in a string was not escaped")
        if opener == "`" and len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]  # Markdown's code marks around a string
        return String(value, resume, notes)

    def _without_end(self) -> String:  # noqa: PLR0911  # one per kind of end
        text, start = self.text, self.start
        if self.maybe >= 0:
            self.effort.spend(len(text) - self.maybe)
            return self._ended(self.maybe, self.maybe + 1)
        if self.split >= 0:
            self.effort.spend(len(text) - self.split)
            return self._ended(self.split, self.split, "a closing quote was missing")
        if self.place is Place.KEY:
            begun = _KEY_WITHOUT_END.match(text, start + 1)
            if begun and self._before_closers() < len(text):  # else the key may go on
                self.effort.spend(len(text) - begun.end(1))
                return self._ended(begun.end(1), begun.end(1), "a closing quote was missing")
            if self.inner:
                raise ValueError("a key cannot be told from what follows it")
            return String(text[start + 1 :], len(text), finished=False)
        if self.place is Place.ROOT and self.inner:
            raise ValueError("a quoted text with other text after it")
        end = len(text) if self.place is Place.ROOT else self._before_closers()
        if end < len(text) and text.startswith('\\"', end - 2) and escapes.is_path(text, start + 1):
            return self._ended(end - 1, end, "a backslash before the closing quote is kept")
        if text[start] == '"' and text[end - 1] in "“”" and end < len(text) and "“" in text[:start]:
            return self._ended(end - 1, end, "a closing quote was a curly one")
        value, notes = escapes.decode(escapes.cut(text[start + 1 : end]))
        return String(value, end, [*notes, "the string has no end"], finished=False)

    def _before_closers(self) -> int:
        """Where brackets that end the text begin: they are the document's, not the string's."""
        kept = max(len(self.text.rstrip(" \t\r\n]}`")), self.start + 1)
        tail = self.text[kept:]
        closers = [at for at in (tail.find("]"), tail.find("}")) if at >= 0]
        if not closers:
            fenced = tail.lstrip(" \t").startswith(("\n```", "\r\n```"))
            return kept if fenced and "```" in self.text[: self.start] else len(self.text)
        before = tail[: min(closers)]
        if self.place is Place.ITEM and self.text[kept - 1] == ",":
            kept -= 1  # the comma is the list's
        return kept if "\n" in before else kept + len(before)
