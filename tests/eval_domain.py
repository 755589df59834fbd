"""Measures ClassifyDomain on the labelled goals: `make eval-domain`.

With no model: the shortlist on this machine, and the mock that picks from it. `--errors`
prints every goal that was not right. `--fit` fits the shortlist's weights on the tuning set
and prints them; nothing is changed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import eval_sets
import grpc
from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from eval_sets import LabelledGoal, Share, share
from running_system import running_system

from services.domain.encoders import MultilingualEncoder
from services.domain.settings import DomainSettings
from services.domain.shortlist import BLAS_THREADS, Shortlist
from shared.context.profile import UNKNOWN_DOMAIN

BINS = 10
VAGUE = "vague"


@dataclass(frozen=True)
class Answer:
    """What the service said of a goal, in how many milliseconds."""

    labelled: LabelledGoal
    profile: pb.DomainProfile
    milliseconds: float
    input_tokens: int
    output_tokens: int

    @property
    def ranked(self) -> list[str]:
        return [self.profile.domain, *(each.domain for each in self.profile.alternatives)]

    @property
    def accepted(self) -> set[str]:
        second = self.labelled.second
        return {*self.labelled.fields, *([second] if second else [])}

    def within(self, most: int) -> bool:
        return any(slug in self.accepted for slug in self.ranked[:most])


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--errors", action="store_true")
    arguments.add_argument("--fit", action="store_true")
    wanted = arguments.parse_args()
    if wanted.fit:
        from eval_domain_fit import fit

        fit(eval_sets.goals("tuning"))
        return
    with tempfile.TemporaryDirectory() as folder:
        answers = {name: classified(eval_sets.goals(name), Path(folder)) for name in eval_sets.SETS}
    holds = True
    for name, found in answers.items():
        # Only goals that nobody tuned for say how it does on others'.
        holds &= eval_sets.print_figures(
            f"Domain, {name}", figures(found, name == eval_sets.HELD_OUT)
        )
        if wanted.errors:
            print_errors(found)
    print(shortlist_time([answer.labelled.goal for found in answers.values() for answer in found]))
    sys.exit(0 if holds else 1)


def classified(goals: list[LabelledGoal], folder: Path) -> list[Answer]:
    """Every goal, one after the other, by a system of its own on the mock."""
    inner = Path(tempfile.mkdtemp(dir=folder))
    with (
        running_system(inner, USE_MOCK_AI_PROVIDER="true") as system,
        grpc.insecure_channel(system.targets["domain"]) as channel,
    ):
        stub = DomainServiceStub(channel)
        return [_answer(stub, goal) for goal in goals]


def _answer(stub: DomainServiceStub, labelled: LabelledGoal) -> Answer:
    began = time.perf_counter()
    reply = stub.ClassifyDomain(pb.ClassifyDomainRequest(goal=labelled.goal), timeout=60)
    milliseconds = (time.perf_counter() - began) * 1e3
    usage = reply.accounting.usage
    return Answer(labelled, reply.profile, milliseconds, usage.input_tokens, usage.output_tokens)


def figures(answers: list[Answer], gated: bool) -> list[tuple[str, Share | str]]:
    def reach(value: float) -> float | None:
        return value if gated else None

    told = [answer for answer in answers if answer.labelled.kind != VAGUE]
    english = [answer for answer in told if answer.labelled.language == "en"]
    others = [answer for answer in told if answer.labelled.language != "en"]
    traps = [answer for answer in told if answer.labelled.kind == "trap"]
    two = [answer for answer in told if answer.labelled.kind == "two"]
    vague = [answer for answer in answers if answer.labelled.kind == VAGUE]
    by_language = defaultdict(list)
    for answer in others:
        by_language[answer.labelled.language].append(answer)
    found = [
        ("English, top-1", share((a.within(1) for a in english), reach(0.90))),
        ("English, top-3", share((a.within(3) for a in english), reach(0.95))),
        ("other languages, top-1", share((a.within(1) for a in others), reach(0.80))),
        ("other languages, top-3", share(a.within(3) for a in others)),
        *(
            (f"  {language}, top-1", share(a.within(1) for a in each))
            for language, each in sorted(by_language.items())
        ),
        ("traps, top-1", share(a.within(1) for a in traps)),
        ("two fields: both named", share(a.accepted <= set(a.ranked) for a in two)),
        ("vague: unknown", share((a.profile.domain == UNKNOWN_DOMAIN for a in vague), reach(0.95))),
        ("not vague, but unknown", share(a.profile.domain == UNKNOWN_DOMAIN for a in told)),
        ("language told right", share(_language_right(a) for a in told)),
    ]
    sure = [a for a in answers if a.profile.domain != UNKNOWN_DOMAIN]
    near = [a for a in sure if 0.7 <= a.profile.confidence < 0.9]
    calls = [a.milliseconds for a in answers]
    return [
        *found,
        ("calibration error (ECE, 10 bins)", f"{calibration_error(sure):.3f}"),
        ("right at a confidence of 0.7 to 0.9", share(a.within(1) for a in near)),
        ("ms per goal, call to the mock included", _spread(calls)),
        ("tokens per goal, in and out", _tokens(answers)),
    ]


def _language_right(answer: Answer) -> bool:
    return answer.profile.language.partition("-")[0] == answer.labelled.language


def calibration_error(answers: list[Answer]) -> float:
    """Expected calibration error: Naeini, Cooper and Hauskrecht 2015."""
    bins = defaultdict(list)
    for answer in answers:
        bins[min(int(answer.profile.confidence * BINS), BINS - 1)].append(answer)
    return sum(
        abs(
            sum(a.profile.domain in a.accepted for a in each)
            - sum(a.profile.confidence for a in each)
        )
        for each in bins.values()
    ) / len(answers)


def _spread(milliseconds: list[float]) -> str:
    return f"median {statistics.median(milliseconds):.1f}, 95% {sorted(milliseconds)[int(0.95 * len(milliseconds))]:.1f}"


def _tokens(answers: list[Answer]) -> str:
    total_in = statistics.mean(answer.input_tokens for answer in answers)
    return f"{total_in:.0f} in, {statistics.mean(a.output_tokens for a in answers):.0f} out"


def shortlist_time(goals: list[str]) -> str:
    """Beside the sentence encoder by itself, in one run: machines differ, the share less."""
    shortlist = Shortlist.load(DomainSettings().cache_dir)
    encoder = MultilingualEncoder(threads=BLAS_THREADS)
    encoder.encode(goals[:1])
    whole, encoding = [], []
    for goal in goals:
        began = time.perf_counter()
        shortlist.rank(goal)
        ranked = time.perf_counter()
        encoder.encode([goal])
        whole.append((ranked - began) * 1e3)
        encoding.append((time.perf_counter() - ranked) * 1e3)
    return (
        f"The shortlist alone: {_spread(whole)} ms a goal (reach: under 4);"
        f" the sentence encoder by itself {statistics.median(encoding):.1f}"
    )


def print_errors(answers: list[Answer]) -> None:
    for answer in answers:
        wanted = "/".join(answer.labelled.fields)
        if not answer.within(1):
            ranked = ", ".join(
                f"{each.domain} {each.confidence:.2f}" for each in answer.profile.alternatives[:3]
            )
            print(
                f"{answer.labelled.language} {answer.labelled.kind:6} {answer.labelled.goal[:90]!r}"
                f" {wanted} -> {answer.profile.domain} {answer.profile.confidence:.2f}; {ranked}"
            )


if __name__ == "__main__":
    main()
