"""Reads one JSON document as models write it: broken, annotated, or cut off.

The scanner is a machine of four states and a stack of the containers that are open. Each
state reads one thing, and names the state that comes next; nothing calls itself, so depth
costs memory and no stack.

    VALUE   a value is due: at the start, after a colon, in a list
            opening bracket -> pushes it; KEY in an object, VALUE in a list or tuple
            string, number, literal, bare words, call -> stores it; AFTER
            closing bracket -> closes (an empty list, or a key without value); AFTER
    KEY     in an object, a key or its end is due
            key -> COLON;  } -> closes; AFTER;  stray comma, ellipsis -> KEY
    COLON   after a key
            colon (or =, =>) -> VALUE;  a value at once -> VALUE (the colon was missing)
    AFTER   after a value
            comma -> KEY or VALUE;  closing bracket -> closes; AFTER;  plus -> joins strings
            a key or value at once -> KEY or VALUE (the comma was missing)
            nothing open any more -> the end

Whitespace and comments between things are skipped in every state. Where the text ends
inside a container the document was cut off: what is finished stays. A closing bracket of
the wrong kind closes what was forgotten, or is left out, whichever lets the document go on.
Where a string ends is decided in strings.py, where bare words end in bare.py. What cannot
be read raises NotJson with its place.

Stated behaviour: of a key that stands twice the last value counts, and it is told. A key
without a value is left out. NaN and Infinity are not JSON and are read as words.
"""

from __future__ import annotations

import re

from shared.structured.reading import bare
from shared.structured.reading.cursor import SPACE, Cursor, Reading, State
from shared.structured.reading.lookahead import KEY, QUOTES, VALUE_START
from shared.structured.reading.places import Place
from shared.structured.reading.strings import read_string

_ELLIPSIS = re.compile(r"\.{3,}+|…")
_PLAIN = r'"([^"\\\x00-\x1f\ud800-\udfff]*+)"'
_PLAIN_KEY = re.compile(rf"{_PLAIN}\s*+:")
_PLAIN_MEMBER = re.compile(
    rf'{_PLAIN}(?=\s*+(?:,\s*+"[^"\\\n]{{0,300}}+"\s*+:|\}}\s*+(?:\Z|[,}}\]])))'
)
_PLAIN_ITEM = re.compile(rf'{_PLAIN}(?=\s*+(?:,\s*+["\d{{\[]|\]\s*+(?:\Z|[,}}\]])))')
_SCALAR = (
    r"(?:(?P<whole>-?(?:0|[1-9][0-9]{0,15}+))"
    r"(?P<rest>(?:\.[0-9]{1,300}+)?(?:[eE][-+]?[0-9]{1,2}+)?)|(?P<word>true|false|null))"
)
_MEMBER_SCALAR = re.compile(rf'{_SCALAR}(?=\s*+(?:[}}\]{{]|,\s*+[,"}}{{]|,\s|\n\s*+"))')
_ITEM_SCALAR = re.compile(rf"{_SCALAR}(?=\s*+[\],]|\s++[-\d\"\[{{])")
_BARE_KEY = re.compile(
    r"[^\s\"'`{}\[\],:=()“”‘’]{1,120}+(?: [^\s\"'`{}\[\],:=()“”‘’]{1,60}+){0,4}+"
)
_DOUBLED = re.compile(r"(\"\"|'')([^\"'\n]{1,10000}+)(?:\"\"|'')(?=\s*+[:,}\]])")
_EQUALS = re.compile(r"=>?")
_LITERALS = {"true": True, "false": False, "null": None}


class Scanner(Cursor):
    """Reads one document out of a text; made anew for each."""

    __slots__ = ()

    def read(self, start: int) -> Reading:
        """The document that begins at `start`. Raises NotJson, TooDeep or Escaped."""
        return self._run(start, self._value)

    def read_members(self, start: int) -> Reading:
        """The same, of an object whose opening brace is missing."""
        self._at = start
        self._tell("a missing { is added")
        self._tree.push("{")
        return self._run(start, self._key)

    def _run(self, start: int, state: State | None) -> Reading:
        self._at = start
        try:
            while state is not None:
                state = state()
        except ValueError as error:
            raise self._not(str(error)) from error
        tree = self._tree
        return Reading(tree.root, start, self._at, self._repairs, self._cut, self._unfinished)

    # The four states.

    def _value(self) -> State | None:  # noqa: PLR0911, C901  # a branch for each sign
        sign, text, kind = self._skip(), self._text, self._tree.kind
        if sign == '"' and kind:
            plain = (_PLAIN_MEMBER if kind == "{" else _PLAIN_ITEM).match(text, self._at)
            if plain:
                self._put(plain[1], plain.end())
                return self._after
        if not sign:
            return self._end()
        if sign in "{[(":
            self._comma = -1
            if sign == "(":
                self._tell("parentheses are read as a list, or as what they hold")
            twice = self._tree.push(sign)
            self._tell_twice(twice=twice)
            self._at += 1
            return self._key if sign == "{" else self._value
        if sign in "}])" and kind:
            return self._close(sign, self._value)
        if sign == "," and kind == "{":
            self._drop_key()
            return self._after
        if sign == ":" and kind == "{":
            self._tell("a colon too many is left out")
            self._at += 1
            return self._value
        if sign == "," and kind:
            self._commas()
            return self._value
        if sign == "`" and text.startswith("```", self._at) and self._fence_ends(kind):
            return self._end()
        if sign in QUOTES:
            return self._string()
        if kind and (dots := _ELLIPSIS.match(text, self._at)):
            return self._skip_ellipsis(dots.end())
        return self._scalar(kind)

    def _key(self) -> State | None:  # noqa: PLR0911  # a branch for each sign
        sign, text = self._skip(), self._text
        if sign == '"' and (plain := _PLAIN_KEY.match(text, self._at)):
            self._tree.key, self._at, self._comma = plain[1], plain.end(), -1
            return self._value
        if not sign or text.startswith("```", self._at):
            return self._end()
        if sign in "}])":
            return self._close(sign, self._key)
        if sign == ",":
            self._commas()
            return self._key
        if dots := _ELLIPSIS.match(text, self._at):
            return self._skip_ellipsis(dots.end())
        if sign == "{" and self._tree.closes_before_item():
            self._tell("a missing } is added before the next item")
            return self._value
        if sign == "{" and self._tree.stored == 1 and text[self._at - 2 : self._at] != "{{":
            self._tell("a doubled brace is left out")
            self._at += 1
            return self._key
        while text.startswith("*", self._at):  # Markdown's emphasis around a key
            self._at += 1
        self._comma = -1
        if text[self._at : self._at + 1] in QUOTES:
            return self._quoted_key()
        return self._bare_key()

    def _colon(self) -> State | None:
        sign = self._skip()
        while sign == "*":
            self._at += 1
            sign = self._skip()
        if sign == ":":
            self._at += 1
            return self._value
        if not sign:
            return self._end()
        if equals := _EQUALS.match(self._text, self._at):
            self._tell(f"{equals[0]} stands where a colon belongs")
            self._at = equals.end()
            return self._value
        if sign not in ",}])" and VALUE_START.match(self._text, self._at):
            self._tell("a missing colon is added")
            return self._value
        if sign == "}" and self._tree.innermost:
            return self._close(sign, self._key)
        raise self._not("a key has no value")

    def _after(self) -> State | None:  # a branch for each sign
        sign, tree = self._skip(), self._tree
        if sign == "+" and isinstance(tree.last(), str):
            return self._joined()
        if not tree.kind:
            return None
        if sign in ",;":
            if sign == ";":
                self._tell("a semicolon stands where a comma belongs")
            self._comma = self._at
            self._at += 1
            return self._key if tree.kind == "{" else self._value
        if not sign or self._text.startswith("```", self._at):
            return self._end()
        if sign in "}])":
            return self._close(sign, self._after)
        return self._next_member(sign) if tree.kind == "{" else self._next_item(sign)

    def _next_member(self, sign: str) -> State:
        """After a member, what is no comma and no end: the next one, or the next item's."""
        if sign == "{" and self._tree.closes_before_item():
            self._tell("a missing } is added before the next item")
            return self._value
        if sign in ":{[(" or not self._tree.stored:
            raise self._not("something stands between two members")
        self._tell("a missing comma is added")
        return self._key

    def _next_item(self, sign: str) -> State:
        """The same after an item; a colon says that the item was a key."""
        tree = self._tree
        if sign == ":" and tree.unlist():
            self._tell("a missing ] is added before a key")
            return self._colon
        if sign == ":" and tree.to_object():
            self._tell("an object stands in square brackets")
            return self._colon
        words = isinstance(tree.last(), str) and sign.isalpha()
        if words or VALUE_START.match(self._text, self._at):
            self._tell("a missing comma is added")
            return self._value
        raise self._not("something stands between two items")

    # What the states do.

    def _string(self) -> State | None:
        tree = self._tree
        if tree.key is not None and KEY.match(self._text, self._at):
            raise self._not("a key stands where a value is due")
        if self._doubled and (doubled := _DOUBLED.match(self._text, self._at)):
            self._tell("doubled quotes")
            self._put(doubled[2], doubled.end())
            return self._after
        found = read_string(self._text, self._at, tree.place, tree.around, self._effort)
        self._repairs += [(self._at, note) for note in found.notes]
        self._put(found.value, found.resume)
        if not found.finished:
            self._cut, self._unfinished = tree.path(to_last=True), True
        return self._after

    def _quoted_key(self) -> State | None:
        tree = self._tree
        if doubled := _DOUBLED.match(self._text, self._at):
            self._doubled = True
            self._tell("doubled quotes")
            tree.key, self._at = doubled[2], doubled.end()
            return self._colon
        found = read_string(self._text, self._at, Place.KEY, tree.around, self._effort)
        self._repairs += [(self._at, note) for note in found.notes]
        self._at = found.resume
        if not found.finished:
            return self._end()
        tree.key = found.value
        return self._colon

    def _bare_key(self) -> State | None:
        text = self._text
        found = _BARE_KEY.match(text, self._at)
        if found is None:
            raise self._not("a key is missing")
        if found.end() == len(text):
            self._at = len(text)
            return self._end()
        end = found.end() + (text[found.end()] in "\"'" and KEY.match(text, found.end()) is None)
        space = SPACE.match(text, end).end()  # type: ignore[union-attr]
        if text[space : space + 1] not in (":", "=") and (
            " " in found[0] or space == end or text[space : space + 1] not in QUOTES
        ):
            raise self._not("a key without quotes has no colon")
        self._tell("a key without quotes")
        self._tree.key, self._at = found[0], end
        return self._colon

    def _scalar(self, kind: str) -> State | None:
        text, tree = self._text, self._tree
        plain = kind and (_MEMBER_SCALAR if kind == "{" else _ITEM_SCALAR).match(text, self._at)
        if plain:
            read = float if plain["rest"] else int
            word = plain["word"]
            self._put(_LITERALS[word] if word else read(plain[0]), plain.end())
            return self._after
        found = bare.call(text, self._at) or bare.read_bare(
            text, self._at, tree.place, tree.around, self._effort
        )
        if found.literal:
            self._tell("a literal that was cut off is left out")
            self._at = len(text)
            return self._end()
        if found.note:
            self._tell(found.note)
        self._put(found.value, found.resume)
        if found.cut and kind:
            self._cut = tree.path(to_last=True)
        return self._after

    def _joined(self) -> State | None:
        """Appends the string after a plus to the one before it."""
        before, self._at = self._tree.last(), self._at + 1
        self._tell("strings joined by + are one")
        if self._skip() not in QUOTES:
            raise self._not("after a plus comes no string")
        tree = self._tree
        found = read_string(self._text, self._at, tree.place, tree.around, self._effort)
        tree.replace(before + found.value)
        self._at = found.resume
        if not found.finished:
            self._cut, self._unfinished = tree.path(to_last=True), True
        return self._after

    def _skip_ellipsis(self, end: int) -> State:
        self._tell("an ellipsis is left out")
        self._tree.key, self._at, self._comma = None, end, -1
        return self._after

    def _close(self, sign: str, state: State) -> State | None:
        """Closes at a bracket; after a stray one the state goes on."""
        goes_on = self._closed(sign)
        if goes_on is None:
            return state
        return self._after if goes_on else None

    def _fence_ends(self, kind: str) -> bool:
        """Whether a fence where a value is due ends the document, and is no text itself."""
        line = self._text.rfind("\n", 0, self._at) + 1
        return kind != "{" or not self._text[line : self._at].strip()
