"""A report's verdict, its baseline, and what it is written as."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preprod_reports import COUNT, a_file, a_report
from preprod_samples import a_text, a_trial, an_answer, trials

from shared.cli.preprod.page import report_page
from shared.cli.preprod.plots import nice
from shared.preprod.junit import junit_xml
from shared.preprod.report import Verdict, load_baseline
from shared.preprod.trial import State, TextKind
from shared.preprod.yaml_lines import FileFaults

NASTY = '<script>alert(1)</script> & "q" \x00\x1b[2J \u202e \ud800'


def test_a_build_may_go_when_every_gate_holds() -> None:
    report = a_report(trials(COUNT))
    assert report.verdict is Verdict.GO
    assert report.why == ()


def test_a_broken_promise_is_a_no_that_says_which() -> None:
    report = a_report([*trials(COUNT)[:-1], a_trial(f"s{COUNT - 1:02}", lost=("a task",))])
    assert report.verdict is Verdict.NO
    assert "lost or invented" in report.why[0]


def test_a_run_of_nothing_and_one_cut_short_are_not_shown() -> None:
    assert a_report([]).verdict is Verdict.NOT_SHOWN
    cut = a_report(trials(COUNT)[:3], stopped="$0.01 of the budget are left")
    assert cut.verdict is Verdict.NOT_SHOWN
    assert "stopped" in cut.why[0]


def test_worse_than_the_baseline_is_a_no_though_every_gate_holds() -> None:
    unread = (*(an_answer(n) for n in range(3)), an_answer(3, "unusable"))
    report = a_report(trials(COUNT, answers=unread), trials(COUNT))
    assert report.verdict is Verdict.NO
    assert any("at the first asking: from 100% to 75%" in why for why in report.why)
    assert a_report(trials(COUNT), trials(COUNT)).verdict is Verdict.GO


def test_a_baseline_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report = a_report(trials(COUNT, texts=(a_text(0, leaks=True),)))
    path.write_text(report.model_dump_json(indent=1))
    assert load_baseline(path, a_file()) == report


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: "nonsense", "is not JSON"),
        (lambda r: "{", "line 1: is not JSON: Expecting property"),
        (lambda r: "[]", "no report of format 1"),
        (lambda r: json.dumps(r | {"format": 9}), "it says 9"),
        (lambda r: json.dumps(r | {"trials": 3}), "trials"),
        (lambda r: json.dumps(r | {"more": 3}), "more"),
        (lambda r: json.dumps(r | {"about": r["about"] | {"scenario_digest": "x"}}),
         "another version of the scenarios"),
        (lambda r: json.dumps(r | {"about": r["about"] | {"served_by": "mock"}}), "by a mock"),
    ],
)  # fmt: skip
def test_what_is_no_baseline_of_this_is_refused(tmp_path: Path, change, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(change(json.loads(a_report(trials(COUNT)).model_dump_json())))
    with pytest.raises(FileFaults, match=said):
        load_baseline(path, a_file())


def test_junit_counts_what_did_not_hold_as_failures() -> None:
    run = [
        *trials(COUNT)[:-2],
        a_trial("s10", state=State.BROKEN, reason="UNAVAILABLE", message=NASTY),
        a_trial("s11", state=State.REFUSED, reason="INVALID_PLAN", message="no plan"),
    ]
    root = ET.fromstring(junit_xml(a_report(run)))
    assert root.get("errors") == "1"
    names = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert names == ["ended"]
    assert (root.get("failures"), root.get("skipped")) == ("1", "1")
    nothing = ET.fromstring(junit_xml(a_report([])))
    assert int(nothing.get("failures", "0")) > 0


def test_the_page_tells_the_verdict_first_and_shows_what_was_said_beside_what_was_read() -> None:
    leak = a_text(0, leaks=True, kind=TextKind.ANSWER, name="c0", excerpt="muscle ROI")
    run = [
        *trials(COUNT)[:-1],
        a_trial("s11", texts=(leak,), lost=(NASTY,), answers=(
            an_answer(0, "unusable", raw='{"tasks": [1, 2', fault=NASTY), an_answer(1))),
    ]  # fmt: skip
    page = report_page(a_report(run, trials(COUNT)))
    assert page.index("may not go to production") < page.index("Gates")
    for words in ("What the model said", "What was read: unusable", "roi (marketing)", "r0", "c0"):
        assert words in page
    assert "<script" not in page
    assert "\x1b" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    page.encode()


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_model_says_is_only_text_on_the_page(raw: str, message: str) -> None:
    trial = a_trial("s00", state=State.REFUSED, message=message,
                    answers=(an_answer(0, "unusable", raw=raw),))  # fmt: skip
    report = a_report([trial])
    assert "<script" not in report_page(report).lower()
    ET.fromstring(junit_xml(report))


@given(st.floats(1e-9, 1e12))
def test_an_axis_ends_at_a_round_figure_that_is_enough(most: float) -> None:
    top = nice(most)
    assert most <= top <= 3 * most
