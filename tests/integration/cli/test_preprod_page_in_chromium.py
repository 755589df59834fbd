"""The report's page in a browser without a network: drawn, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium, chromium
from preprod_reports import COUNT, a_report
from preprod_samples import a_text, a_trial, an_answer, trials

from shared.cli.preprod.page import report_page
from shared.preprod.trial import State, TextKind

PHONE = 390
HOSTILE = '</pre><script>document.title = "owned"</script><img src="https://e.example/a.png">'


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def page(tmp_path: Path) -> Path:
    leak = a_text(0, leaks=True, kind=TextKind.ANSWER, name="c0", excerpt=HOSTILE)
    bad = a_trial(
        "s11", state=State.REFUSED, message=HOSTILE, texts=(leak,), lost=(HOSTILE,),
        answers=(an_answer(0, "unusable", raw=HOSTILE, fault=HOSTILE), an_answer(1)),
    )  # fmt: skip
    file = tmp_path / "report.html"
    report = a_report([*trials(COUNT)[:-1], bad], trials(COUNT))
    file.write_text(report_page(report), encoding="utf-8")
    return file


def test_it_asks_for_nothing_and_runs_nothing(browser: Chromium, page: Path) -> None:
    opened = browser.open(page)
    assert list(opened.requests.values()) == [page.as_uri()]
    assert opened.blocked == []
    assert opened.complaints == []
    assert browser.value("document.title") == "Pre-production: may not go"
    assert browser.value("document.scripts.length + document.images.length") == 0


@pytest.mark.parametrize("width", [1280, PHONE])
def test_the_verdict_and_why_are_on_the_first_screen_and_nothing_is_cut_off(
    browser: Chromium, page: Path, width: int
) -> None:
    browser.open(page, width)
    bottom = browser.value("document.querySelector('.notice').getBoundingClientRect().bottom")
    assert bottom < 800
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_every_plot_has_a_row_for_each_scenario(browser: Chromium, page: Path) -> None:
    browser.open(page)
    rows = browser.value(
        "Array.from(document.querySelectorAll('.plot')).map(p => p.querySelectorAll('.label').length)"
    )
    assert len(rows) >= 5
    assert set(rows) == {COUNT}
