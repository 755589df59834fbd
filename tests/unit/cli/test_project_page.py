"""The page of a project: whole, escaped, able to do nothing, and honest about what is not there."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from project_samples import MARKDOWN, TITLES, failed, project, with_text_everywhere

from shared.cli.page import project_page
from shared.cli.page.markdown import Typesetter
from shared.cli.terminal import one_line

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


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_whatever_text_comes_in_is_text_on_the_page_and_comes_back_whole(text: str) -> None:
    read = Read(project_page(with_text_everywhere(text)))
    check_links(read)
    assert one_line(text) in read.text
    assert not set("\x00\x1b\u202e\u2066") & set(read.text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_markdown_brings_markup_or_an_address_of_its_own(text: str) -> None:
    read = Read(f'<div id="plan">{Typesetter(below=3).html(text)}</div>')
    check_links(read)
    assert not {"h1", "h2", "h3", "style", "svg", "meta"} & {tag for tag, _ in read.tags}


@given(st.lists(st.sampled_from([*HOSTILE[:3], "]]", "<br>", "weeks", "x<y", "a & b"])))
def test_html_in_markdown_is_shown_as_it_was_written(parts: list[str]) -> None:
    text = " ".join(parts)
    assert Read(Typesetter(below=3).html(text)).text.split() == text.split()


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    page = project_page(project())
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policies = [
        attributes["content"]
        for _, attributes in Read(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert page.index("charset") < page.index("Content-Security-Policy") < page.index("<style>")
    assert '<meta name="referrer" content="no-referrer">' in page
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_markdown_is_set_below_the_pages_own_headings() -> None:
    page = project_page(project())
    assert "<h4>Twelve weeks</h4>" in page
    for made in ("<strong>four</strong>", "<em>week</em>", '<td class="right">16</td>',
                 '<a href="https://example.org/volume" rel="noreferrer noopener nofollow">',
                 '<li class="check">☑ Log the load</li>', "<blockquote>"):  # fmt: skip
        assert made in page


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](JaVaScRiPt&colon;alert(1))", "[x](JaVaScRiPt:alert(1))"),
        ("[x](data:text/html,y)", "[x](data:text/html,y)"),
        ("[x](file:///etc/passwd)", "[x](file:///etc/passwd)"),
        ("[x](../secrets.html)", "x"),
        ("[x](//e.example)", "x"),
        ("[x](#weeks)", "x"),
        ("<https://e.example>", "<https://e.example>"),
        ("https://e.example", "https://e.example"),
        ("![a chart](https://e.example/x.png)", "a chart"),
        ("![](x.png)", "(image)"),
        ("[![a chart](x.png)](../x.html)", "a chart"),
    ],
)
def test_addresses_that_are_not_of_the_web_or_mail_cannot_be_followed(
    markdown: str, shown: str
) -> None:
    read = Read(Typesetter(below=3).html(markdown))
    assert read.text.strip() == shown
    assert not read.values("href")


@pytest.mark.parametrize("text", ["[" * 200_000, "a|b\n-|-\n" + "x|y\n" * 48_000, "![" * 99_999,
                                  "> " * 300 + "deep", "- " * 300 + "deep", MARKDOWN * 550])  # fmt: skip
def test_texts_that_are_slow_or_deep_to_set_are_shown_all_the_same(text: str) -> None:
    began = time.process_time()
    read = Read(Typesetter(below=3).html(text))
    assert time.process_time() - began < 5  # a second or two, on a machine that is busy
    assert len(read.text) > len(text) * 0.5
    assert read.text.rstrip()[-3:] in text


def test_fifty_of_the_longest_deliverables_make_a_page_in_seconds() -> None:
    titles = [f"Task {number}" for number in range(50)]
    needs = [[number - 1] if number else [] for number in range(50)]
    huge = project(done=range(50), titles=titles, needs=needs, markdown=(MARKDOWN * 600)[:200_000])
    began = time.process_time()
    page = project_page(huge)
    assert time.process_time() - began < 8  # some two seconds, on a machine that is busy
    assert page.count("<article") == 50


def test_a_finished_project_shows_all_that_it_has() -> None:
    page = project_page(project())
    text = seen(page)
    for shown in (*TITLES, "Create a bodybuilding program", "Finished", "Strength training",
                  "97% sure", "12 min 34 s", "2026-05-28", "6 of 6", "$0.02345", "a real model",
                  "16,650 in, 10,800 out", "1 of 2 criteria met", "✓ met", "✗ not met",
                  "Rests have none.", "Which equipment is there?", "Answers for a Coach",
                  "0%: 0 of 6 have a word of another field (95% interval 0% to 39%)"):  # fmt: skip
        assert shown in text
    assert "Repaired" not in text
    assert "mock" not in text
    assert page.count('class="task done') == len(TITLES)


def test_a_failed_project_says_why_and_what_is_done_and_what_is_not() -> None:
    text = seen(project_page(failed()))
    assert "It could not be finished A task has no deliverable. TASKS_FAILED" in text
    assert "Done: 3 t1 Gather what is known t2" in text
    assert "Not done: 3" in text
    assert "There is no deliverable. It was cut off twice." in text
    assert "✗ failed" in text
    assert "○ not done" in text


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (pb.PROJECT_STATE_CANCELLED, "Stopped"),
        (pb.PROJECT_STATE_RUNNING, "Still running"),
        (pb.PROJECT_STATE_UNSPECIFIED, "State not known"),
    ],
)
def test_every_state_is_named(state: pb.ProjectState.ValueType, shown: str) -> None:
    stopped = failed()
    stopped.state = state
    assert shown in seen(project_page(stopped))


def test_what_a_mock_made_is_marked_and_says_what_it_would_have_cost() -> None:
    mocked = project()
    mocked.accounting.served_by = gateway_pb2.SERVED_BY_MOCK
    cost = mocked.accounting.cost
    cost.nano_usd, cost.status, cost.shadow_nano_usd = 0, gateway_pb2.COST_STATUS_MOCK, 12_300_000
    text = seen(project_page(mocked))
    assert "Made by the mock" in text
    assert "nothing was spent; on the configured model it would have cost $0.0123" in text
    assert "If real" in text


def test_an_amount_that_is_not_known_is_never_nothing() -> None:
    unpriced = project()
    for accounting in (unpriced.accounting, unpriced.tasks[0].accounting):
        accounting.cost.ClearField("nano_usd")
        accounting.cost.status = gateway_pb2.COST_STATUS_UNPRICED
        accounting.cost.unpriced_calls = accounting.calls
    text = seen(project_page(unpriced))
    assert "unknown (no price for the configured model)" in text
    assert "9 of unknown cost" in text
    assert "$0.00 " not in text


def test_what_was_not_measured_is_not_a_rate_of_0() -> None:
    unmeasured = project(language="sw")
    unmeasured.leakage.measured, unmeasured.leakage.language = False, "sw"
    text = seen(project_page(unmeasured))
    assert "not measured: there is no lexicon for the language 'sw'" in text
    assert "0%" not in text


def test_words_of_other_fields_stand_with_their_deliverable() -> None:
    leaking = project()
    leaking.leakage.texts[4].leaked_terms.add(term="stakeholder", field="business", count=2)
    article = project_page(leaking).split('id="task-5"')[1].split("</article>")[0]
    assert "stakeholder (business) 2 times" in article


def test_repairs_are_told_once_where_there_are_any() -> None:
    repaired = project()
    repaired.degraded.append("One role was renamed.")
    repaired.plan.degraded.append("One role was renamed.")
    assert seen(project_page(repaired)).count("One role was renamed.") == 1


def test_criteria_without_a_review_are_not_called_met() -> None:
    unreviewed = project()
    for standing in unreviewed.tasks:
        standing.ClearField("verdicts")
    text = seen(project_page(unreviewed))
    assert "Acceptance criteria, not reviewed" in text
    assert "✓ met" not in text
    judged = project()
    judged.tasks[0].verdicts[0].verdict = analyst_pb2.VERDICT_CANNOT_TELL
    assert "? cannot be told" in seen(project_page(judged))


@pytest.mark.parametrize(
    ("tag", "lang", "direction"),
    [("en", "en", "ltr"), ("ar", "ar", "rtl"), ("fa-IR", "fa-IR", "rtl"), ("ar-Latn", "ar-Latn", "ltr"),
     ("und", "en", "ltr"), ("", "en", "ltr"), ('en"><script>', "en", "ltr")],
)  # fmt: skip
def test_the_page_has_the_language_and_direction_of_its_plan(
    tag: str, lang: str, direction: str
) -> None:
    page = project_page(project(language=tag))
    assert f'<html lang="{lang}" dir="{direction}">' in page


def test_a_project_without_a_plan_has_a_page() -> None:
    read = Read(project_page(pb.Project()))
    check_links(read)
    assert "A project without a goal" in read.text
    ended = pb.Project(state=pb.PROJECT_STATE_FAILED, goal="Plan a wedding")
    assert "It ended before there was a plan." in seen(project_page(ended))


def test_a_plan_that_contradicts_itself_has_a_page() -> None:
    odd = project()
    odd.plan.tasks[0].depends_on.extend(["t6", "t1", "nobody"])
    odd.plan.tasks[3].id = "t2"
    odd.deliverables.add(task_id="stray", markdown="Found by nobody")
    odd.leakage.texts.add()
    odd.start_time.seconds = -(10**12)
    page = project_page(odd)
    check_links(Read(page))
    assert "Found by nobody" in page
