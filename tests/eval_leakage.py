"""Measures MeasureLeakage on the labelled task sentences: `make eval-leakage`.

Twice: with the field that ClassifyDomain finds from each goal on the mock, as a user of
`attune leakage` has it, and with the field that the label names. `--errors` prints every
text that was judged wrongly.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import eval_sets
import grpc
from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from eval_sets import LabelledText, Share, share
from running_system import running_system

from services.domain.leakage.measure import LeakageMeter
from services.domain.settings import DomainSettings
from services.domain.shortlist import Shortlist


@dataclass(frozen=True)
class Judged:
    """What was found in a text. found: terms; written: as they stand there."""

    labelled: LabelledText
    domain: str
    measured: bool
    found: list[str]
    written: list[str]

    @property
    def leaks(self) -> bool:
        return bool(self.found)

    @property
    def right(self) -> bool:
        return self.measured and self.leaks == bool(self.labelled.leaks)

    @property
    def terms_found(self) -> list[bool]:
        """For each labelled term, whether a term found covers it or a part of it."""
        told = [words.casefold() for words in self.written]
        return [
            any(term.casefold() in words or words in term.casefold() for words in told)
            for term in self.labelled.leaks
        ]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--errors", action="store_true")
    wanted = arguments.parse_args()
    holds = True
    with (
        tempfile.TemporaryDirectory() as folder,
        running_system(Path(folder), USE_MOCK_AI_PROVIDER="true") as system,
        grpc.insecure_channel(system.targets["domain"]) as channel,
    ):
        stub = DomainServiceStub(channel)
        for name in eval_sets.SETS:
            texts = eval_sets.texts(name)
            found = [judged(stub, text, imposed=False) for text in texts]
            imposed = [judged(stub, text, imposed=True) for text in texts]
            gated = name == eval_sets.HELD_OUT
            holds &= eval_sets.print_figures(
                f"Leakage, {name}, field found from the goal", figures(found, gated)
            )
            eval_sets.print_figures(
                f"Leakage, {name}, field as labelled", figures(imposed, gated=False)[:3]
            )
            if wanted.errors:
                print_errors(found)
    print(time_per_task(eval_sets.texts(eval_sets.HELD_OUT)))
    sys.exit(0 if holds else 1)


def judged(stub: DomainServiceStub, labelled: LabelledText, *, imposed: bool) -> Judged:
    profile = stub.ClassifyDomain(
        pb.ClassifyDomainRequest(goal=labelled.goal, domain=labelled.field if imposed else ""),
        timeout=60,
    ).profile
    report = stub.MeasureLeakage(
        pb.MeasureLeakageRequest(goal=labelled.goal, profile=profile, texts=[labelled.text]),
        timeout=60,
    ).report
    terms = report.texts[0].leaked_terms
    return Judged(
        labelled,
        profile.domain,
        report.measured,
        [f"{term.term} ({term.field})" for term in terms],
        [written for term in terms for written in term.written],
    )


def figures(judgements: list[Judged], gated: bool) -> list[tuple[str, Share | str]]:
    leaking = [each for each in judgements if each.labelled.leaks]
    clean = [each for each in judgements if not each.labelled.leaks]
    business = [each for each in clean if each.labelled.kind == "business"]
    flagged = [each for each in judgements if each.leaks]
    languages = sorted({each.labelled.language for each in judgements})
    fields = Counter(each.labelled.field for each in judgements)
    rows: list[tuple[str, Share | str]] = [
        ("recall: leaking texts found", share((e.leaks for e in leaking), 0.95 if gated else None)),
        (
            "false alarms: clean texts accused",
            share((e.leaks for e in clean), 0.02 if gated else None, at_most=True),
        ),
        ("precision: accused texts that leak", share(bool(e.labelled.leaks) for e in flagged)),
        ("terms found", share(hit for each in leaking for hit in each.terms_found)),
        ("false alarms in business plans", share(each.leaks for each in business)),
        ("texts in a measured language", share(each.measured for each in judgements)),
    ]
    for language in languages:
        here = [each for each in judgements if each.labelled.language == language]
        recall = share(each.leaks for each in here if each.labelled.leaks)
        alarms = share(each.leaks for each in here if not each.labelled.leaks)
        rows.append((f"  {language}: recall; false alarms", f"{recall}; {alarms}"))
    return [*rows, ("texts; fields", f"{len(judgements)}; {len(fields)}")]


def time_per_task(texts: list[LabelledText]) -> str:
    """With a task of common length: three labelled texts, some 100 words."""
    shortlist = Shortlist.load(DomainSettings().cache_dir)
    meter = LeakageMeter(shortlist)
    tasks = ["\n".join(each.text for each in texts[start : start + 3]) for start in range(0, 90, 3)]
    profile = pb.DomainProfile(domain="gardening", language="en")
    meter.measure("Grow beans", profile, tasks)
    times = []
    for _ in range(20):
        began = time.perf_counter()
        meter.measure("Grow beans", profile, tasks)
        times.append((time.perf_counter() - began) * 1e3 / len(tasks))
    return f"{statistics.median(times):.2f} ms per task of ~100 words (reach: under 1)"


def print_errors(judgements: list[Judged]) -> None:
    for each in judgements:
        if each.right:
            continue
        labelled = each.labelled
        kind = "MISSED" if labelled.leaks else "FALSE ALARM"
        print(
            f"{kind} [{labelled.language} {labelled.kind}] {labelled.goal!r}"
            f" ({labelled.field}; found {each.domain})\n    {labelled.text}\n"
            f"    wanted {labelled.leaks}, found {each.found}"
        )


if __name__ == "__main__":
    main()
