"""Markdown of a model as HTML that can do nothing: no markup of its own, no image, no address.

CommonMark with tables and struck-out text, by markdown-it in its safe mode; what its tokens
still carry from the text (addresses, names of languages, styles) is checked or dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from shared.cli.page.markup import Html, joined, tag, words
from shared.cli.terminal import shown

_CLICKABLE = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_SCHEME = re.compile(r"[^/?#]*:")
_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_ALIGNED = {"text-align:right": "right", "text-align:center": "middle"}
_TAB = 4
_EFFORTS = {"[": 20, "|": 20, "\n": 40, "*": 8, "_": 8, "~": 8}
"""What such a character costs markdown-it, measured against a letter; a million is a second."""
MAX_EFFORT = 1_500_000
MAX_NESTING = 60
"""Levels of blocks; markdown-it would lose what stands deeper."""


class Typesetter:
    """Sets the texts of one page, in bounded time.

    below: the level of the heading that the texts stand under.
    """

    def __init__(self, below: int, effort: int = MAX_EFFORT) -> None:
        self._below = below
        self._left = effort
        options = {"html": False, "maxNesting": MAX_NESTING}
        self._reader = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
        self._reader.enable(["table", "strikethrough"]).disable("autolink")
        self._reader.validateLink = _is_harmless  # type: ignore[assignment, method-assign]

    def html(self, text: str) -> Html:
        """`text` as HTML; as it was written, where it is too long or too deep to be set."""
        clean = shown(text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(_TAB))
        effort = len(clean) + sum(clean.count(sign) * cost for sign, cost in _EFFORTS.items())
        if effort > self._left:
            return _as_written(clean, "It is too long to be set, and shown as it was written.")
        self._left -= effort
        tokens = self._reader.parse(clean)
        if any(token.level >= MAX_NESTING - 2 for token in tokens):
            return _as_written(clean, "It is nested too deeply to be set, and shown as written.")
        self._tame(tokens)
        return Html(self._reader.renderer.render(tokens, self._reader.options, {}))

    def _tame(self, tokens: Sequence[Token]) -> None:
        for place, token in enumerate(tokens):
            start = token.attrGet("start")
            style = token.attrGet("style")
            token.attrs = {}
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(6, int(token.tag[1:]) + self._below)}"
            if token.type == "ordered_list_open" and isinstance(start, int):
                token.attrSet("start", str(start))
            if token.type in ("th_open", "td_open"):
                token.attrs = {"class": _ALIGNED[str(style)]} if style in _ALIGNED else {}
            token.info = ""
            if token.children:
                if place > 1 and tokens[place - 2].type == "list_item_open":
                    _tick(tokens[place - 2], token.children[0])
                _tame_line(token.children)


def _as_written(text: str, why: str) -> Html:
    return joined([tag("p", words(why), class_="note"), tag("pre", text, class_="as-written")])


def _is_harmless(address: str) -> bool:
    """Whether a link is read as one; others are shown as they were written.

    Of one without a scheme only its words stay: beside a file on disk it leads anywhere.
    """
    return bool(_CLICKABLE.match(address)) or not _SCHEME.match(address)


def _tame_line(tokens: Sequence[Token]) -> None:
    clickable = [False]
    for token in tokens:
        href = str(token.attrGet("href") or "")
        token.attrs = {}
        if token.type == "link_open":
            clickable.append(bool(_CLICKABLE.match(href)))
            token.hidden = not clickable[-1]
            token.attrs = {"href": href, "rel": "noreferrer noopener nofollow"}
        elif token.type == "link_close":
            token.hidden = not clickable.pop()


def _tick(item: Token, first: Token) -> None:
    """A box of a check list is a box."""
    if first.type == "text" and first.content[:4] in _BOXES:
        first.content = _BOXES[first.content[:4]] + first.content[4:]
        item.attrSet("class", "check")


class _Renderer(RendererHTML):
    """Images are the words that stand for them; wide tables scroll in boxes of their own."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        alt = self.renderInlineAsText(tokens[idx].children, options, env)
        return tag("span", alt or "(image)", class_="image")

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<div class="wide" tabindex="0">{self.renderToken(tokens, idx, options, env)}'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"{self.renderToken(tokens, idx, options, env)}</div>"
