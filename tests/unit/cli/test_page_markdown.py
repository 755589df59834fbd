"""Markdown of a model on the page: set, and able to do nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_reader import HOSTILE, TEXTS, Read, check_links
from project_samples import MARKDOWN

from shared.cli.page.markdown import Typesetter


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_markdown_brings_markup_or_an_address_of_its_own(text: str) -> None:
    read = Read(f'<div id="plan">{Typesetter(below=3).html(text)}</div>')
    check_links(read)
    assert not {"h1", "h2", "h3", "style", "svg", "meta"} & {tag for tag, _ in read.tags}


@settings(deadline=None)
@given(st.lists(st.sampled_from([*HOSTILE[:3], "]]", "<br>", "weeks", "x<y", "a & b"])))
def test_html_in_markdown_is_shown_as_it_was_written(parts: list[str]) -> None:
    text = " ".join(parts)
    assert Read(Typesetter(below=3).html(text)).text.split() == text.split()


def test_markdown_is_set_below_the_pages_own_headings() -> None:
    page = Typesetter(below=3).html(MARKDOWN)
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
                                  "> " * 300 + "deep", "- " * 300 + "deep", MARKDOWN * 550],
                         ids=["brackets", "rows", "images", "quotes", "lists", "long"])  # fmt: skip
def test_texts_that_are_slow_or_deep_to_set_are_shown_all_the_same(text: str) -> None:
    began = time.process_time()
    read = Read(Typesetter(below=3).html(text))
    assert time.process_time() - began < 5  # a second or two, on a machine that is busy
    assert len(read.text) > len(text) * 0.5
    assert read.text.rstrip()[-3:] in text
