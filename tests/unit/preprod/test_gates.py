"""Gates: held, failed, or not shown and what would show it; nothing measured is never a pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preprod_samples import a_text, a_trial, an_answer, trials

from shared.preprod.gates import GateResult, Outcome, judge
from shared.preprod.intervals import (
    MOST_SAMPLES,
    effective_size,
    samples_needed,
    share_interval,
)
from shared.preprod.measures import Share
from shared.preprod.scenario import Gates, Scenario, Threshold
from shared.preprod.trial import BooksSeen, State
from shared.wilson import wilson_interval

GATES = Gates(
    proportions={"answers_read_first": Threshold(at_least=0.8), "leak_rate": Threshold(at_most=0.2)},
    limits={"call_seconds_p95": Threshold(at_most=10)},
)  # fmt: skip


def scenarios(count: int, **more: object) -> list[Scenario]:
    return [
        Scenario(id=f"s{n:02}", goal="Bake bread", domains=("baking",), **more)
        for n in range(count)
    ]


def gate(found: list[GateResult], name: str) -> GateResult:
    return next(each for each in found if each.name == name)


def test_a_good_run_holds_every_gate() -> None:
    found = judge(GATES, scenarios(12), trials(12, 5), 5)
    assert {each.outcome for each in found} == {Outcome.HELD}


def test_a_run_of_nothing_holds_no_gate() -> None:
    found = judge(GATES, scenarios(12), [], 5)
    assert {each.outcome for each in found} == {Outcome.NOT_SHOWN}


def test_a_run_that_was_cut_short_is_not_shown() -> None:
    some = trials(12, 1)[:7]
    measured = gate(judge(GATES, scenarios(12), some, 1), "measured")
    assert measured.outcome is Outcome.NOT_SHOWN
    assert "7 of 12" in measured.why


def test_trials_without_an_answer_or_a_plan_are_nothing_measured() -> None:
    empty = trials(3, answers=(), texts=(), has_plan=False, state=State.REFUSED, message="no")
    measured = gate(judge(GATES, scenarios(3), empty, 1), "measured")
    assert measured.outcome is Outcome.NOT_SHOWN
    assert "no model answered" in measured.why
    assert "no trial came to a plan" in measured.why


def test_too_few_samples_say_how_many_would_do() -> None:
    found = gate(judge(GATES, scenarios(5), trials(5), 1), "answers_read_first")
    assert found.outcome is Outcome.NOT_SHOWN
    assert found.value == 1.0
    repeats = int(found.why.rpartition("--repeat ")[2])
    assert repeats > 1
    enough = judge(GATES, scenarios(5), trials(5, repeats), repeats)
    assert gate(enough, "answers_read_first").outcome is Outcome.HELD


def test_one_scenario_says_nothing_of_others_however_often() -> None:
    found = gate(judge(GATES, scenarios(1), trials(1, 100), 100), "answers_read_first")
    assert found.outcome is Outcome.NOT_SHOWN
    assert "one scenario" in found.why


def test_a_share_that_is_surely_wrong_fails() -> None:
    unread = tuple(an_answer(n, "unusable") for n in range(4))
    found = gate(judge(GATES, scenarios(12), trials(12, answers=unread), 1), "answers_read_first")
    assert found.outcome is Outcome.FAILED


def test_repeats_that_agree_in_each_scenario_count_as_few() -> None:
    """Six scenarios that always leak and six that never do are twelve samples, not 360."""
    leaking = tuple(a_text(n, leaks=True) for n in range(3))
    some = trials(6, 10, texts=leaking)
    others = [a_trial(f"s{n:02}", r) for n in range(6, 12) for r in range(1, 11)]
    interval = gate(judge(GATES, scenarios(12), [*some, *others], 10), "leak_rate").interval
    assert interval is not None
    assert interval.high - interval.low > 0.45


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"state": State.BROKEN, "reason": "UNAVAILABLE", "message": "down"}, "ended"),
        ({"problems": ("task t1 has no title",)}, "plan_valid"),
        ({"books": BooksSeen(calls=1, disagreements=("one call is missing",))}, "books_complete"),
        ({"served_by": ("mock", "real")}, "served_by_one"),
        ({"answers": (an_answer(0, "unusable", fault=""),)}, "refused_honestly"),
        ({"lost": ("a task",)}, "faithful"),
        ({"texts": (a_text(0, foreign=("ROI",)),)}, "no_jargon"),
    ],
)
def test_one_bad_trial_breaks_an_invariant_and_is_named(more: dict[str, object], name: str) -> None:
    some = [*trials(3, 2)[:-1], a_trial("s02", 2, **more)]
    found = gate(judge(Gates(), scenarios(3), some, 2), name)
    assert found.outcome is Outcome.FAILED
    assert {where for where, _ in found.faults} == {"s02#2"}


def test_a_cost_that_is_not_known_is_no_pass_and_one_beyond_the_most_fails() -> None:
    of = scenarios(1, max_usd="0.01")
    assert gate(judge(Gates(), of, trials(1), 1), "max_usd").outcome is Outcome.HELD
    unknown = trials(1, books=BooksSeen(calls=1, unpriced_calls=1))
    assert gate(judge(Gates(), of, unknown, 1), "max_usd").outcome is Outcome.NOT_SHOWN
    dear = trials(1, books=BooksSeen(calls=1, cost_nano_usd=20_000_000))
    assert gate(judge(Gates(), of, dear, 1), "max_usd").outcome is Outcome.FAILED
    without = Gates(costs=False)
    assert all(each.name != "max_usd" for each in judge(without, of, dear, 1))


def test_what_was_not_looked_at_is_not_shown() -> None:
    found = judge(Gates(), scenarios(3), trials(3, unseen=("no texts are given",)), 1)
    assert gate(found, "faithful").outcome is Outcome.NOT_SHOWN
    assert gate(found, "faithful").why == "no texts are given"
    assert gate(found, "ended").outcome is Outcome.HELD


def test_answers_that_the_journal_had_already_are_nothing_measured() -> None:
    old = tuple(an_answer(n, replayed=True) for n in range(3))
    measured = gate(judge(Gates(), scenarios(2), trials(2, answers=old), 1), "measured")
    assert measured.outcome is Outcome.NOT_SHOWN


def test_a_project_that_costs_more_than_its_price_is_not_worth_its_money() -> None:
    dear, cheap = scenarios(1, price_usd="0.001"), scenarios(1, price_usd="1")
    assert gate(judge(Gates(), dear, trials(1), 1), "price_usd").outcome is Outcome.FAILED
    assert gate(judge(Gates(), cheap, trials(1), 1), "price_usd").outcome is Outcome.HELD


def test_stopped_trials_are_not_judged() -> None:
    some = [*trials(2), a_trial("s02", state=State.STOPPED, reason="BUDGET_EXHAUSTED")]
    found = judge(Gates(), scenarios(3), some, 1)
    assert gate(found, "ended").outcome is Outcome.HELD
    assert gate(found, "measured").outcome is Outcome.NOT_SHOWN


shares = st.dictionaries(
    st.integers(0, 20).map(str),
    st.integers(1, 30).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of))),
    min_size=2,
)


@given(shares)
def test_an_interval_holds_its_share_and_is_no_narrower_than_of_independent_samples(
    found: dict[str, Share],
) -> None:
    total = sum(found.values(), Share(0, 0))
    interval = share_interval(found)
    assert interval is not None
    assert 0 <= interval.low <= (total.value or 0) + 1e-12
    assert (total.value or 0) <= interval.high + 1e-12 <= 1 + 1e-12
    assert effective_size(total.of, len(found), interval.design_effect) <= total.of


@pytest.mark.parametrize(("share", "alike"), [(0.9, 0.3), (0.95, 0.1), (0.8, 0.0), (0.7, 0.5)])
def test_nine_of_ten_intervals_hold_the_share_however_alike_repeats_are(
    share: float, alike: float
) -> None:
    """Of 12 scenarios with 10 repeats; alike: the correlation within a scenario."""
    rng, runs, held = np.random.default_rng(5), 400, 0
    for _ in range(runs):
        of_each = np.full(12, share)
        if alike:
            spread = (1 - alike) / alike
            of_each = rng.beta(share * spread, (1 - share) * spread, 12)
        shares = {f"{n}": Share(int(rng.binomial(10, p)), 10) for n, p in enumerate(of_each)}
        interval = share_interval(shares)
        assert interval is not None
        held += interval.low <= share <= interval.high
    assert held / runs >= 0.9


@settings(max_examples=50)
@given(st.integers(2, 20), st.integers(10, 300), st.floats(1, 3))
def test_so_many_samples_as_are_needed_do_and_one_less_does_not(
    clusters: int, hits: int, effect: float
) -> None:
    share = Share(hits, hits + 5)
    needed = samples_needed(share, clusters, effect, 0.5, at_least=True)

    def low(samples: int) -> float:
        size = effective_size(samples, clusters, effect)
        return wilson_interval((share.value or 0) * size, size)[0]

    if needed is None:
        assert low(MOST_SAMPLES) < 0.5
    else:
        assert low(needed) >= 0.5
        assert needed == share.of or low(needed - 1) < 0.5
