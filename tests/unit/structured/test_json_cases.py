"""The own cases: what the parser must read out of each kind of broken answer, class by class."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from bench_json_cases import OWN_CASES, Case, load_cases, plain

from shared.structured import IntelligentJsonParser
from shared.structured.result import ParseError

CASES = load_cases([OWN_CASES])


def by_class() -> dict[str, list[Case]]:
    classes: dict[str, list[Case]] = defaultdict(list)
    for case in CASES:
        classes[f"{'fit' if case.schema is not None else 'repair'}-{case.cls}"].append(case)
    return classes


def fault(case: Case) -> str:
    """What is wrong with the parser's answer to a case; empty when nothing is."""
    try:
        value = plain(IntelligentJsonParser().parse(case.text, case.schema).value)
    except ParseError as error:
        return "" if case.is_error else f"{case.id} {case.text[:80]!r}: {str(error)[:120]}"
    if case.accepts(value):
        return ""
    wanted = "an error" if case.is_error else json.dumps(case.right[0])[:80]
    return f"{case.id} {case.text[:80]!r}: {json.dumps(value)[:80]} instead of {wanted}"


@pytest.mark.parametrize(("name", "cases"), by_class().items(), ids=by_class())
def test_every_case_of_a_class_is_read_as_a_person_would(name: str, cases: list[Case]) -> None:
    faults = [found for found in map(fault, cases) if found]
    assert not faults, f"{len(faults)} of {len(cases)} cases of {name}:\n" + "\n".join(faults)


def test_every_class_has_at_least_six_cases_and_every_case_its_own_id() -> None:
    assert {name: len(cases) for name, cases in by_class().items() if len(cases) < 6} == {}
    assert len({case.id for case in CASES}) == len(CASES)
