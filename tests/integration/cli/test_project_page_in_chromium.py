"""A browser without a network opens the page from disk: it is drawn, and does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attune.director.v1 import director_pb2 as pb
from chromium import Chromium, chromium
from project_samples import TITLES, failed, project, with_text_everywhere

from shared.cli.page import project_page

PHONE = 390
HOSTILE = """<script>document.title = "owned"</script><img src="https://e.example/a.png">
"><svg onload="document.title='owned'"></svg></style><style>@import "https://e.example/a.css";</style>

[x](javascript:document.title='owned') ![x](https://e.example/b.png)

<iframe src="https://e.example"></iframe><link rel="stylesheet" href="https://e.example/c.css">
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def written(folder: Path, page: str) -> Path:
    file = folder / "project.html"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.mark.parametrize("made", [project(), failed(), with_text_everywhere(HOSTILE), pb.Project()],
                         ids=["finished", "failed", "hostile", "empty"])  # fmt: skip
def test_the_page_asks_for_nothing_runs_nothing_and_breaks_no_rule_of_its_policy(
    made: pb.Project, browser: Chromium, tmp_path: Path
) -> None:
    file = written(tmp_path, project_page(made))
    title = file.read_text(encoding="utf-8").split("<title>")[1].split("</title>")[0]
    opened = browser.open(file)
    assert list(opened.requests.values()) == [file.as_uri()]
    assert opened.blocked == []
    assert opened.complaints == []
    assert browser.value("document.title") != "owned"
    assert title.startswith(browser.value("document.title").split("<")[0])
    assert browser.value("document.scripts.length + document.images.length") == 0
    assert browser.value("getComputedStyle(document.body).maxWidth") == "1184px"


def test_the_policy_stops_what_would_get_past_the_escaping(
    browser: Chromium, tmp_path: Path
) -> None:
    page = project_page(project()).replace("</body>", f"{HOSTILE}</body>")
    opened = browser.open(written(tmp_path, page))
    assert browser.value("document.title") != "owned"
    assert not [address for address in opened.requests.values() if address.startswith("https:")]
    assert "https://e.example/a.png" in opened.blocked
    assert [text for text in opened.complaints if "Content Security Policy" in text]


def test_without_the_policy_this_test_would_see_what_such_a_page_does(
    browser: Chromium, tmp_path: Path
) -> None:
    page = project_page(project()).replace("</body>", f"{HOSTILE}</body>")
    opened = browser.open(written(tmp_path, page.replace("Content-Security-Policy", "x-none")))
    assert browser.value("document.title") == "owned"
    assert "https://e.example/a.png" in opened.requests.values()


def test_the_graph_is_drawn_and_leads_to_the_deliverables(
    browser: Chromium, tmp_path: Path
) -> None:
    browser.open(written(tmp_path, project_page(project())))
    drawn = browser.value(
        "[...document.querySelectorAll('.graph a')].map(a => {"
        " const box = a.querySelector('rect').getBoundingClientRect();"
        " return [a.querySelector('.title').innerText, box.width, box.height,"
        " document.querySelector(a.getAttribute('href')).querySelector('h3').innerText] })"
    )
    assert [title for title, *_ in drawn] == list(TITLES)
    assert all(width > 150 and height > 50 and title == heading
               for title, width, height, heading in drawn)  # fmt: skip
    cut = "[...document.querySelectorAll('.label')].filter(l => l.scrollHeight > l.clientHeight)"
    assert browser.value(f"{cut}.length") == 0
    assert browser.value("document.querySelectorAll('.graph .arrow').length") == 7


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_phone_shows_it_without_scrolling_the_page_sideways(
    language: str, browser: Chromium, tmp_path: Path
) -> None:
    titles = [f"Task {place} {'W' * 200}" for place in range(40)]
    wide = project(
        titles=titles, done=range(40), language=language, needs=[()] * 40,
        markdown=f"# {'W' * 500}\n\n|{'a|' * 60}\n|{'-|' * 60}\n\n    {'code ' * 200}",
    )  # fmt: skip
    browser.open(written(tmp_path, project_page(wide)), width=PHONE)
    assert browser.value("document.documentElement.scrollWidth") <= PHONE
    assert browser.value("document.querySelector('.graph').scrollWidth") > PHONE


def test_it_is_dark_for_who_prefers_that(browser: Chromium, tmp_path: Path) -> None:
    browser.open(written(tmp_path, project_page(project())))
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    browser.prefer("light")
    assert browser.value(paper) == "rgb(255, 255, 255)"
    browser.prefer("dark")
    assert browser.value(paper) == "rgb(21, 25, 27)"
