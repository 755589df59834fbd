"""Makes HTML. Whatever is not `Html` already is text, and is escaped: there is no other way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from shared.cli.terminal import one_line, shown

_VOID = frozenset({"meta", "path", "rect"})
ENGLISH = {"lang": "en", "dir": "ltr"}
"""Of our own words, on a page whose language is the goal's."""


class Html(str):
    """Markup, with all that came from outside escaped in it."""

    __slots__ = ()


def tag(name: str, /, *children: str | Html, **attributes: str | int | None) -> Html:
    """An element. A trailing "_" of an attribute's name goes, "_" is "-"; None: left out.

    Control characters of texts, and marks that turn the direction of what follows, become
    replacement characters.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Html(f"<{name}{written}>" if name == "meta" else f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str | Html], between: str = "") -> Html:
    """The parts in a row."""
    return Html(between.join(part if isinstance(part, Html) else _escaped(part) for part in parts))


def words(text: str) -> Html:
    """Our own words, in English."""
    return tag("span", text, **ENGLISH)


def heading(name: str, text: str, **attributes: str | int | None) -> Html:
    """A heading in our own words."""
    return tag(name, words(text), **attributes)


def theirs(text: str, most: int = 0) -> Html:
    """Text from outside within a line; `most` characters of it where that is set."""
    return tag("bdi", one_line(text, most))


def paragraphs(text: str, **attributes: str | int | None) -> Html:
    """Text from outside as a block that keeps its line breaks."""
    return tag("p", text.strip(), dir="auto", **attributes)


def items(entries: Iterable[str | Html], **attributes: str | int | None) -> Html:
    """A list; nothing where it would be empty."""
    made = [tag("li", one if isinstance(one, Html) else theirs(one)) for one in entries]
    return tag("ul", *made, **attributes) if made else Html()


def table(columns: Sequence[str], rows: Sequence[Html], *, figures: bool = False) -> Html:
    """A table that scrolls in a box of its own. figures: all columns but the first are."""
    heads = (
        heading("th", name, class_="right" if figures and number else None, scope="col")
        for number, name in enumerate(columns)
    )
    whole = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag("div", whole, class_="wide", tabindex="0")


def _escaped(text: str) -> str:
    return escape(shown(text))
