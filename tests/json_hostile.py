"""Texts that make a reader of broken JSON slow, deep or endless, at any size.

Each family repeats one thing for which a scanner may look ahead, go back or recurse. What is
repeated is all that grows, so time on double the size over time on the size is a growth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Family = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Repeated:
    """`head`, then `piece` over and over, then `tail`; whole pieces, at least one.

    With `cut`, the last piece ends where the size is reached, and there is no tail.
    """

    piece: str
    head: str = ""
    tail: str = ""
    cut: bool = False

    def __call__(self, size: int) -> str:
        """The text, of `size` characters, less at most one piece."""
        room = size - len(self.head) - len(self.tail)
        times = max(1, room // len(self.piece))
        if self.cut:
            return (self.head + self.piece * (times + 1))[:size]
        return self.head + self.piece * times + self.tail


@dataclass(frozen=True, slots=True)
class Nested:
    """`opened` over and over, `core`, then `closed` as often."""

    opened: str
    closed: str
    core: str = ""

    def __call__(self, size: int) -> str:
        """The text, of `size` characters, less at most one pair."""
        times = max(1, (size - len(self.core)) // (len(self.opened) + len(self.closed)))
        return self.opened * times + self.core + self.closed * times


@dataclass(frozen=True, slots=True)
class Numbered:
    """`head`, then `piece` with a number in each place of `{}`, then `tail`: no two alike."""

    piece: str
    head: str = ""
    tail: str = ""

    def __call__(self, size: int) -> str:
        """The text, of about `size` characters: numbers have as many digits as they need."""
        room = size - len(self.head) - len(self.tail)
        parts: list[str] = []
        while room > 0:
            part = self.piece.replace("{}", str(len(parts)))
            parts.append(part)
            room -= len(part)
        return self.head + "".join(parts) + self.tail


def list_with_one_bad_comma(size: int) -> str:
    """A list of objects, valid but for one doubled comma in its middle."""
    row = '{"port": "Bergen", "berths": 14}, '
    half = row * max(1, size // (2 * len(row)))
    return f"[{half}, {half}{row[:-2]}]"


def two_halves(first: str, second: str) -> Family:
    """The first repeated to half the size, then the second: each may wait for the other."""
    return lambda size: Repeated(first)(size // 2) + Repeated(second)(size // 2)


_ROW = '{"port": "Bergen", "berths": [1, 2, 14]}, '

FAMILIES: dict[str, Family] = {
    # depth
    "open brackets": Repeated("["),
    "open objects": Repeated('{"a":'),
    "open braces": Repeated("{"),
    "open mixed": Repeated('[{"a":'),
    "open bare keys": Repeated("{a:"),
    "closed lists": Nested("[", "]"),
    "closed objects": Nested('{"a":', "}", "1"),
    "closed crosswise": Nested("[{", "]}"),
    "closed too often": two_halves('{"a": 1}', "}]"),
    "shallow then deep": lambda size: "[1, 2], " * (size // 16) + "[" * (size // 2),
    "open and close by turns": Repeated("[[]"),
    "parentheses": Repeated("("),
    "parentheses closed": Nested("(", ")"),
    "many depths of 190": Repeated("[" * 190 + " "),
    # quotes
    "lone quotes": Repeated('"'),
    "lone quotes and spaces": Repeated('" '),
    "single quotes": Repeated("'"),
    "triple quotes": Repeated('"""'),
    "backticks": Repeated("`"),
    "curly quotes opened": Repeated("“"),
    "curly quotes in a list": Repeated("“a”, ", "[", "]"),
    "escaped quotes": Repeated('\\"', '{"a": "', '"}'),
    "escaped quotes outside": Repeated('\\"'),
    "escaped document": Repeated('\\"a\\": 1, ', "{", '\\"b\\": 2}'),
    "escaped quotes unfinished": Repeated('\\"', '{"a": "'),
    "inner quotes": Repeated('"word" and ', '{"a": "', '"}'),
    "inner quotes tight": Repeated('a"', '{"k": "', '"}'),
    "inner quotes before commas": Repeated('x", y ', '{"k": "', '"}'),
    "inner quotes before colons": Repeated('x": y ', '{"k": "', '"}'),
    "inner quotes before braces": Repeated('x"} y ', '{"k": "', '"}'),
    "inner quotes before brackets": Repeated('x"] y ', '["', '"]'),
    "inner apostrophes": Repeated("it's ", "{'k': '", "'}"),
    "quotes before spaces": lambda size: '{"a": "' + '" ' * 3 + " " * size + '"}',
    "quote and space runs": Repeated('x"' + " " * 500, '{"k": "', '"}'),
    "strings without an end, one a line": Repeated('"key": "value\n', "{", "}"),
    "missing opening quotes": Repeated('key": value", ', "{", "}"),
    "missing closing quotes": Repeated('"key: 1, ', "{", "}"),
    "unfinished strings with a later end": Repeated('{"a": "b, ', "", '"}'),
    "unfinished strings in lists": Repeated('["a, ', "", '"]'),
    "objects restarted": Repeated('{"a":"'),
    "quote then comma": Repeated('", '),
    "quote then colon": Repeated('": '),
    "quote then brace": Repeated('"}'),
    "newline in strings": Repeated("line\n", '{"a": "', '"}'),
    # runs of one sign
    "backslashes": Repeated("\\"),
    "backslashes in a string": Repeated("\\", '{"a": "'),
    "backslashes odd then quote": Repeated('\\\\\\" ', '{"a": "', '"}'),
    "half unicode escapes": Repeated("\\u", '{"a": "', '"}'),
    "surrogate escapes": Repeated("\\ud83d", '{"a": "', '"}'),
    "commas": Repeated(","),
    "commas in a list": Repeated(",", "[", "]"),
    "commas in an object": Repeated(",", "{", "}"),
    "colons": Repeated(":"),
    "colons in an object": Repeated(":", "{", "}"),
    "colons after a key": Repeated(":", '{"a"', "1}"),
    "digits": Repeated("7"),
    "digits in a list": Repeated("7", "[", "]"),
    "digits and underscores": Repeated("7_", "[", "]"),
    "digits and points": Repeated("7.", "[", "]"),
    "signs": Repeated("-", "[", "]"),
    "plus signs": Repeated("+", '["a"', '"b"]'),
    "exponents": Repeated("1e", "[", "]"),
    "dots": Repeated("...", "[", "]"),
    "dots in an object": Repeated("..., ", "{", "}"),
    "spaces": Repeated(" "),
    "spaces in a list": Repeated(" ", "[1", "2]"),
    "spaces after a key": Repeated(" ", '{"a"', "1}"),
    "newlines": Repeated("\n"),
    "newlines in an object": Repeated("\n", '{"a": 1', '"b": 2}'),
    "zero-width characters": Repeated("\u200b", "[", "1]"),
    "byte order marks": Repeated("\ufeff"),
    "no-break spaces": Repeated("\u00a0", '{"a":', "1}"),
    "control characters": Repeated("\x01", '{"a": "', '"}'),
    "one long word": Repeated("a"),
    "one long word in a list": Repeated("a", "[", "]"),
    "closing brackets": Repeated("]"),
    "closing braces": Repeated("}"),
    # comments, fences, thoughts
    "fences": Repeated("```"),
    "fences by line": Repeated("```json\n"),
    "fences opened on objects": Repeated('```json\n{"a": '),
    "fences in a string": Repeated("```\n", '```json\n{"a": "', '"}\n```'),
    "inline code": Repeated("`a` "),
    "tildes": Repeated("~~~\n"),
    "block comments opened": Repeated("/*"),
    "block comments opened in a list": Repeated("/* ", "[1, "),
    "block comments": Repeated("/* a */", "[", "1]"),
    "block comments almost closed": Repeated("/* * / ", "{", "}"),
    "line comments": Repeated("//"),
    "line comments by line": Repeated("// a\n", "[", "1]"),
    "line comments with quotes": Repeated('// "a\n', '{"a": ', "1}"),
    "hash comments": Repeated("# a\n", "{", "}"),
    "slashes by turns": Repeated("/ * "),
    "thoughts opened": Repeated("<think>"),
    "thoughts opened and values": Repeated('<think>{"a": 1} '),
    "thoughts closed": Repeated("</think>"),
    "thoughts with drafts": Numbered('<think>{"a": {}}</think> ', tail='{"a": 1}'),
    "tags": Repeated("<a "),
    # prose
    "prose with stray signs": Repeated('He said "no {reason}" [see 4], it\'s :] done. '),
    "prose with stray openers": Repeated("a { and a [ in words. "),
    "prose with stray closers": Repeated("a } and a ] in words. "),
    "prose with one value at the end": Repeated("Several words, no value. ", "", '{"a": 1}'),
    "tiny objects in prose": Numbered('and then {"a": {}} came '),
    "equal objects in prose": Repeated('and then {"a": 1} came '),
    "broken objects in prose": Numbered("and then {a: {} came "),
    "tiny lists in prose": Numbered("see [{}] and "),
    "keys without braces": Repeated('"key": '),
    "bare keys": Repeated("a:"),
    "bare keys in an object": Repeated("a: b ", "{", "}"),
    "yaml lines": Numbered("key{}: value\n"),
    "yaml nested": lambda size: "".join(
        " " * depth + "a:\n" for depth in range(max(1, int((2 * size) ** 0.5)))
    ),
    "bullets": Repeated("- a\n"),
    "bullets of pairs": Numbered("* **name {}**: value\n"),
    "numbered lines": Numbered("{}. item\n"),
    "equals signs": Repeated("a = "),
    "table rows": Repeated("| a | b |\n"),
    "schema words in prose": Repeated("name items name: items: "),
    "true by turns": Repeated("true false "),
    "literals cut": Repeated("tru nul ", "[", "]"),
    # long documents
    "list with a bad comma": list_with_one_bad_comma,
    "list with a bad comma at its end": Repeated(_ROW, "[", "]"),
    "list with a bad comma at its start": Repeated(_ROW, "[,", "1]"),
    "list cut off": Repeated(_ROW, "[", cut=True),
    "object cut off in a string": Repeated("words and words ", '{"a": 1, "b": "', cut=True),
    "list never closed": Repeated("1,", "["),
    "strings in a list never closed": Repeated('"a",', "["),
    "strings without commas": Repeated('"a" ', "[", "]"),
    "numbers without commas": Repeated("1 ", "[", "]"),
    "pairs without commas": Numbered('"a{}": 1 ', "{", "}"),
    "pairs without colons": Numbered('"a{}" 1, ', "{", "}"),
    "pairs without values": Numbered('"a{}": , ', "{", "}"),
    "one key again and again": Repeated('"a": 1, ', "{", '"a": 2}'),
    "many keys": Numbered('"a{}": 1, ', "{", '"b": 2,}'),
    "bare words": Repeated("word ", "[", "]"),
    "bare words with quotes": Repeated('word" ', "[", "]"),
    "objects by line": Numbered('{"id": {}, "port": "Bergen"}\n'),
    "objects with commas": Numbered('{"id": {}}, '),
    "objects without commas in a list": Numbered('{"id": {}} ', "[", "]"),
    "objects closed wrongly": Repeated('{"a": [1}, ', "[", "]"),
    "objects never closed in a list": Repeated('{"a": 1, ', "["),
    "strings joined": Repeated('"a" + ', "[", '"b"]'),
    "object as text": lambda size: '"{' + '\\"a\\": 1, ' * max(1, size // 10) + '}"',
    "text in text": lambda size: '{"a": "' + "{'b': [" * max(1, size // 7) + '"}',
    "escapes of escapes": lambda size: '"' + "\\" * max(1, size - 2) + '"',
    "wrapped in wrappers": Nested('{"result": ', "}", '{"name": "a"}'),
    "opened once, closed at last": Repeated('"a", {b} ', "[", "]"),
    "half open, half closed": two_halves('{"a": [', "]}"),
    "quotes then braces": two_halves('{"a": "', '"}'),
    "fences then quotes": two_halves("```\n", '"a\n'),
    "apostrophes then brackets": two_halves("it's ", "[1] "),
}
