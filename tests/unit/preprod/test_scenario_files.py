"""A scenario file is taken whole, or refused with every fault and its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.preprod.scenario import ScenarioFile, load_scenarios, read_scenarios
from shared.preprod.yaml_lines import FileFaults, read_yaml

GOOD = """\
version: 1
scenarios:
  - id: bread
    goal: Bake bread
    domains: [baking]
    foreign: [ROI, sales funnel]
    price_usd: 10
gates:
  hosted:
    proportions:
      leak_rate: {at_most: 0.1}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(FileFaults) as raised:
        read_scenarios(text, "s.yaml")
    return [str(fault) for fault in raised.value.faults]


def test_the_own_file_has_ten_fields_and_the_two_goals_of_the_incident_first() -> None:
    file = load_scenarios(None)
    assert len({scenario.domains[0] for scenario in file.scenarios}) >= 10
    assert [scenario.id for scenario in file.scenarios[:2]] == ["b2b-saas", "bodybuilding"]
    assert {"hosted", "small-model", "mock"} <= set(file.gates)
    assert len({scenario.language for scenario in file.scenarios}) >= 3


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("    goal: Bake bread\n", "", 3, "scenarios.0.goal: Field required"),
        ("goal: Bake bread", "goal: '  '", 4, "must not be blank"),
        ("price_usd: 10", "price_usd: 0", 7, "greater than 0"),
        ("price_usd: 10", "colour: red", 7, "scenarios.0.colour: there is no such key"),
        ("price_usd: 10", "language: klingonese", 7, "is no BCP 47 tag"),
        ("price_usd: 10", "goal: again", 7, "'goal' is there twice"),
        ("id: bread", "id: Bread Two", 3, "scenarios.0.id"),
        ("{at_most: 0.1}", "{at_most: 0}", 11, "no number of samples can show"),
        ("{at_most: 0.1}", "{at_least: 1}", 11, "no number of samples can show"),
        ("{at_most: 0.1}", "{at_most: 0.1, at_least: 0}", 11, "exactly one of"),
        ("leak_rate", "calls", 11, "there is no such one"),
        ("proportions:", "limits:", 11, "there is no such one"),
        ("hosted:", "other:", 8, "a set named 'hosted' is needed"),
        ("version: 1", "version: 0", 1, "greater than or equal to 1"),
        ("version: 1", "version: &v 1", 1, "anchors are not taken"),
        ("version: 1", "version: !!python/name:os.system x", 1, "tags are not taken"),
        ("domains: [baking]", "domains: [baking", 6, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    told = faults(GOOD.replace(old, new, 1))
    assert any(each.startswith(f"line {line}: ") and said in each for each in told), told


def test_all_faults_are_told_at_once() -> None:
    broken = GOOD.replace("id: bread", "id: B").replace("price_usd: 10", "price_usd: -1")
    assert len(faults(broken.replace("leak_rate", "nonsense"))) == 3


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileFaults, match="No such file"):
        load_scenarios(tmp_path / "none.yaml")


@given(st.text(max_size=60))
def test_no_text_gets_past_as_anything_but_yaml(text: str) -> None:
    try:
        read = read_yaml(text, "x")
    except FileFaults as error:
        assert error.faults
        assert all(fault.line >= 1 for fault in error.faults)
    else:
        assert read.line_of(()) >= 1


def test_thresholds_may_change_and_goals_may_not_without_another_digest() -> None:
    one = read_scenarios(GOOD, "a").digest()
    assert read_scenarios(GOOD.replace("0.1}", "0.2}"), "b").digest() == one
    assert read_scenarios(GOOD.replace("price_usd: 10", "price_usd: 20"), "b").digest() == one
    assert read_scenarios(GOOD.replace("Bake bread", "Bake rye bread"), "c").digest() != one


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Measure the ROI of it", ["ROI"]),
        ("A heroic deed", []),
        ("The Sales Funnel, and roi", ["ROI", "sales funnel"]),
    ],
)
def test_foreign_words_are_whole_words_in_any_case(text: str, found: list[str]) -> None:
    file: ScenarioFile = read_scenarios(GOOD, "s.yaml")
    assert file.scenarios[0].foreign_words(text) == found


def test_a_margin_is_known_only_when_every_cost_is() -> None:
    scenario = read_scenarios(GOOD, "s.yaml").scenarios[0]
    assert scenario.margin([1_000_000_000, 3_000_000_000]) == pytest.approx(8.0)
    assert scenario.margin([1_000_000_000, None]) is None
    assert scenario.margin([]) is None
