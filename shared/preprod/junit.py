"""A run as JUnit XML, for the tools that show test results.

The form is the one that most of them read: testsuites, testsuite, testcase with failure or
skipped, as in https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from shared.preprod.gates import GateResult, Outcome
from shared.preprod.report import Report
from shared.preprod.trial import State, TrialSeen

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say."""


def junit_xml(report: Report) -> str:
    """One suite of the gates, and one of each scenario's trials."""
    suites = Element("testsuites", name="attune preprod", time=f"{report.about.seconds:.3f}")
    gates = SubElement(suites, "testsuite", name="gates", tests=str(len(report.gates)))
    for gate in report.gates:
        case = SubElement(gates, "testcase", classname="gates", name=gate.name)
        if gate.outcome is Outcome.FAILED:
            SubElement(case, "failure", message=_fit(gate.why)).text = _fit(_told(gate))
        elif gate.outcome is Outcome.NOT_SHOWN:
            # Not a pass, so not a skip either: a tool that looks at failures alone must see it.
            SubElement(case, "failure", message=_fit(f"not shown: {gate.why}"))
    for scenario in report.about.scenarios:
        trials = [trial for trial in report.trials if trial.scenario == scenario]
        suite = SubElement(suites, "testsuite", name=scenario, tests=str(len(trials)))
        for trial in trials:
            _add_trial(suite, trial)
    for suite in suites:
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("errors", str(len(suite.findall("testcase/error"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    for total in ("tests", "failures", "errors", "skipped"):
        suites.set(total, str(sum(int(suite.get(total, "0")) for suite in suites)))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _add_trial(suite: Element, trial: TrialSeen) -> None:
    case = SubElement(
        suite, "testcase", classname=trial.scenario, name=trial.key, time=f"{trial.seconds:.3f}"
    )
    said = _fit(f"{trial.reason}: {trial.message}")
    if trial.state is State.BROKEN:
        SubElement(case, "error", message=said)
    elif trial.state is not State.FINISHED:
        # How many may be refused is the gates' to say, so that files and verdict agree.
        SubElement(case, "skipped", message=said)


def _told(gate: GateResult) -> str:
    return "\n".join(f"{where}: {what}" for where, what in gate.faults)


def _fit(text: str) -> str:
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
