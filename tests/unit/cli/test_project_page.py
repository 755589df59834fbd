"""The page of a project: whole, escaped, able to do nothing, and honest about what is not there."""

from __future__ import annotations

import base64
import hashlib
import re
import time

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from hypothesis import given, settings
from page_reader import TEXTS, Read, check_links, seen
from project_samples import MARKDOWN, TITLES, failed, project, with_text_everywhere

from shared.cli.page import project_page
from shared.cli.terminal import one_line


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_whatever_text_comes_in_is_text_on_the_page_and_comes_back_whole(text: str) -> None:
    read = Read(project_page(with_text_everywhere(text)))
    check_links(read)
    assert one_line(text) in read.text
    assert not set("\x00\x1b\u202e\u2066") & set(read.text)


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


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_can_be_read(theme: int) -> None:
    roots = re.findall(r":root \{(.*?)\}", project_page(pb.Project()), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): #(\w+);", roots[theme]))
    pairs = [(text, on) for text in ("ink", "soft", "accent") for on in ("paper", "shade")]
    pairs += [(state, f"{state}-bg") for state in ("done", "failed", "running", "mock")]
    pairs += [(state, on) for state in ("done", "failed", "running") for on in ("paper", "shade")]
    pairs += [("ink", "mock-bg"), ("ink", "failed-bg"), ("soft", "failed-bg"), ("soft", "open-bg")]
    pairs += [(f"role-{number}", "paper") for number in range(8)]
    for text, on in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[on])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, on)
