"""Reads a page of HTML as strictly as it was meant; and texts that would like to be more."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import strategies as st

VOID = {"meta", "br", "hr", "path", "rect"}
TAGS = VOID | {
    "html", "head", "title", "style", "body", "header", "footer", "main", "section", "article",
    "aside", "nav", "div", "span", "p", "a", "b", "bdi", "em", "strong", "s", "code", "pre",
    "small", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table",
    "thead", "tbody", "tr", "th", "td", "blockquote", "details", "summary", "svg", "defs",
    "marker", "foreignobject",
}  # fmt: skip
ATTRIBUTES = {
    "charset", "http-equiv", "content", "name", "lang", "dir", "class", "id", "href", "rel",
    "scope", "start", "tabindex", "role", "aria-label", "width", "height", "viewbox", "x", "y",
    "rx", "d", "refx", "refy", "markerwidth", "markerheight", "orient", "marker-end",
}  # fmt: skip
HOSTILE = (
    "<script>document.title='owned'</script>", '"><img src=x onerror=alert(1)>', "</style><style>",
    "</svg><svg onload=alert(1)>", "]]>", "-->", "<!--", "'", "`", "&lt;b&gt;", "\x00", "\x1b[31m",
    "\u202eevil", "[x](javascript:alert(1))", "![x](https://e.example/x.png)", "<a href=x>",
    "[x](https://e.example/\"onclick='x')", "[x]: data:text/html,x", "```html onload=x\n", "> ",
    "- ", "# ", "| a |\n|---|\n", "\n\n", "\t", "<https://e.example>", "[x](//e.example)", "\r",
    "مرحبا", "力量", "W" * 300,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=20),
                 max_size=8).map("".join)  # fmt: skip


class Read(HTMLParser):
    """A document as a strict reader sees it: everything closed, nothing unknown."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= ATTRIBUTES
        assert len(dict(attrs)) == len(attrs)
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def seen(page: str) -> str:
    """The text of the page with single spaces."""
    return " ".join(" ".join(Read(page).texts).split())


def check_links(read: Read) -> None:
    anchors = read.values("id")
    assert len(anchors) == len(set(anchors))
    for tag, attributes in read.tags:
        href = attributes.get("href", "#plan")
        if href.startswith("#"):
            assert href[1:] in anchors
            continue
        assert tag == "a"
        assert href.lower().startswith(("http://", "https://", "mailto:"))
        assert attributes["rel"] == "noreferrer noopener nofollow"
