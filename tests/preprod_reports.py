"""Reports of trials made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from shared.preprod.report import About, Report, make_report
from shared.preprod.scenario import Gates, Scenario, ScenarioFile
from shared.preprod.trial import TrialSeen

COUNT = 12


def a_file(gates: Gates | None = None, **more: object) -> ScenarioFile:
    scenarios = tuple(
        Scenario(id=f"s{n:02}", goal="Bake", domains=("baking",), **more) for n in range(COUNT)
    )
    return ScenarioFile(version=1, scenarios=scenarios, gates={"hosted": gates or Gates()})


def about(file: ScenarioFile, **more: object) -> About:
    facts = {
        "run_id": "preprod-1", "began": datetime(2026, 11, 23, tzinfo=UTC), "served_by": "real",
        "gates": "hosted", "scenario_digest": file.digest(), "repeats": 1,
        "scenarios": tuple(each.id for each in file.scenarios), "spent_nano_usd": 1,
    }  # fmt: skip
    return About(**(facts | more))


def a_report(run: list[TrialSeen], before: list[TrialSeen] | None = None, **more: object) -> Report:
    file = a_file()
    baseline = None
    if before is not None:
        baseline = (Path("old.json"), make_report(about(file), file, file.scenarios, before))
    return make_report(about(file, **more), file, file.scenarios, run, baseline=baseline)
