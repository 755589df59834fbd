"""Trials made by hand, for tests of what is made of them."""

from __future__ import annotations

from typing import Any

from shared.preprod.trial import AnswerSeen, BooksSeen, State, TextKind, TextSeen, TrialSeen


def an_answer(number: int, read_as: str = "strict", **more: Any) -> AnswerSeen:
    facts = {
        "call_id": f"c{number}", "request_id": f"r{number}", "purpose": "analyze_goal",
        "read_as": read_as, "latency_ms": 100.0 * (number + 1),
        "fault": "it is no JSON" if read_as == "unusable" else "",
    }  # fmt: skip
    return AnswerSeen(**(facts | more))


def a_text(number: int, *, leaks: bool = False, **more: Any) -> TextSeen:
    facts = {
        "kind": TextKind.TASK, "name": f"t{number}", "language": "en", "measured": True,
        "leaked": ("roi (marketing)",) if leaks else (),
    }  # fmt: skip
    return TextSeen(**(facts | more))


def a_trial(scenario: str = "sourdough", repeat: int = 1, **more: Any) -> TrialSeen:
    """One that went well: four answers, three texts, and books that agree."""
    facts: dict[str, Any] = {
        "scenario": scenario, "repeat": repeat, "project_id": f"run-{scenario}-{repeat}",
        "state": State.FINISHED, "seconds": 2.0, "served_by": ("real",), "models": ("m",),
        "domain": "baking", "domain_is_right": True, "has_plan": True, "faithful_checks": 10,
        "answers": tuple(an_answer(number) for number in range(4)),
        "texts": tuple(a_text(number) for number in range(3)),
        "books": BooksSeen(calls=4, attempts=4, input_tokens=400, output_tokens=200,
                           cost_nano_usd=2_000_000, cost_status="exact"),
    }  # fmt: skip
    return TrialSeen(**(facts | more))


def trials(count: int, repeats: int = 1, **more: Any) -> list[TrialSeen]:
    """Of so many scenarios."""
    return [
        a_trial(f"s{number:02}", repeat, **more)
        for number in range(count)
        for repeat in range(1, repeats + 1)
    ]
