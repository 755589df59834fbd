"""`attune preprod`: asks first, runs inside the budget, judges, and says yes only when shown."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from attune.client import AttuneClient
from attune.gateway.v1 import gateway_pb2

from shared.cli.cost_view import SERVED_BY, amount
from shared.cli.exits import ExitCode, Stop
from shared.cli.forecast import agreed
from shared.cli.output import write_json
from shared.cli.preprod.asking import ASK_SECONDS, Depth
from shared.cli.preprod.books import server_disagreements
from shared.cli.preprod.files import LOG, RUNS, write_run
from shared.cli.preprod.live import LiveRun
from shared.cli.preprod.log import RunLog
from shared.cli.preprod.running import Forecast, Run, Wish
from shared.cli.preprod.server_count import Counted, server_count
from shared.cli.preprod.view import print_report
from shared.cli.progress import Progress
from shared.cli.project_files import prepare
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.preprod.gates import GateResult, Outcome
from shared.preprod.report import About, Report, Verdict, make_report
from shared.preprod.scenario import Scenario, ScenarioFile

INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class PreprodCommand:
    """What to run and what to hold it to. budget_nano_usd: None is no limit."""

    file: ScenarioFile
    file_name: str
    scenarios: Sequence[Scenario]
    gates: str
    repeats: int
    baseline: tuple[Path, Report] | None
    budget_nano_usd: int | None
    models: Mapping[str, str]
    depth: Depth
    reviews: int | None
    parallel: int
    out: Path | None
    provider_metrics: str
    yes: bool
    as_json: bool

    async def run(
        self,
        wanted: Wanted,  # noqa: ARG002 every call has a deadline of its own
        progress: Progress,
        targets: Targets,
    ) -> None:
        """Raises AttuneError, Stop: with NOT_PASSED unless every gate held."""
        began = datetime.now(UTC)
        run_id = f"preprod-{began:%Y%m%d-%H%M%S}"
        folder = self.out or RUNS / run_id
        async with AttuneClient(dict(targets)) as client:
            progress.waiting("Asking who would answer, and what it will cost")
            provider = await client.gateway.DescribeProvider(
                gateway_pb2.DescribeProviderRequest(), timeout=ASK_SECONDS
            )
            _refuse_unreal(provider)
            prepare(folder)
            wish = Wish(
                run_id, self.scenarios, self.repeats, self.depth, self.models, self.reviews,
                self.parallel, self.budget_nano_usd,
            )  # fmt: skip
            live = LiveRun([each.id for each in self.scenarios], self.repeats, self.budget_nano_usd)
            with RunLog(folder / LOG) as log:
                run = Run(client, wish, log, live)
                forecast, _ = await run.forecast()
                progress.clear()
                await self._agree(forecast, provider)
                about = self._about(run_id, began, provider)
                log.write("run_began", **about.model_dump(mode="json", exclude_defaults=True))
                report = await self._judged(run, live, about, folder, log)
        if self.as_json:
            write_json(report.model_dump_json(indent=1))
        if report.verdict is not Verdict.GO:
            raise Stop(
                ExitCode.NOT_PASSED,
                f"pre-production: {report.verdict}; {'; '.join(report.why[:2])}",
                todo=f"open {folder / 'report.html'}: it has every failure with the raw answer",
            )

    async def _judged(
        self, run: Run, live: LiveRun, about: About, folder: Path, log: RunLog
    ) -> Report:
        """The report of the run, or of what there is of it where it is cut short."""
        before, began = await server_count(self.provider_metrics), time.monotonic()
        try:
            with live:
                await run.run()
        except BaseException as error:
            ended = isinstance(error, asyncio.CancelledError)
            run.stopped = INTERRUPTED if ended else f"{type(error).__name__}: {error}"
            raise
        finally:
            # Written also where Ctrl-C ends it: what was paid for must not be lost.
            after = None
            with suppress(Stop):
                after = await server_count(self.provider_metrics)
            about = about.model_copy(
                update={
                    "seconds": round(time.monotonic() - began, 3),
                    "spent_nano_usd": _spent(run),
                    "stopped": run.stopped,
                    "models": _models(run) or about.models,
                }
            )
            report = make_report(
                about, self.file, self.scenarios, run.trials, baseline=self.baseline,
                extra=[_real(run), *self._server_gate(run, before, after)],
            )  # fmt: skip
            for gate in report.gates:
                log.write("gate", name=gate.name, outcome=gate.outcome,
                          value=gate.value, why=gate.why)  # fmt: skip
            log.write("run_ended", verdict=report.verdict, why=report.why, stopped=run.stopped)
            files = write_run(folder, report, run.calls)
            if run.stopped == INTERRUPTED:
                sys.stderr.write(f"Interrupted; what there is of it: {files['Report']}\n")
            elif not self.as_json:
                print_report(report, files)
        return report

    async def _agree(
        self, forecast: Forecast, provider: gateway_pb2.DescribeProviderResponse
    ) -> None:
        """Says what it will cost and waits for a yes. Raises Stop."""
        priced = forecast.at_most.HasField("nano_usd")
        if self.budget_nano_usd is not None and not priced:
            raise Stop(
                ExitCode.REFUSED,
                "a budget in dollars cannot be held: the model has no known price",
                facts=[("model", provider.default_model)],
                todo="set its price with ATTUNE_PRICES_FILE, or leave --budget out; nothing was"
                " spent",
            )
        models = list(dict.fromkeys(self.models.values())) or [provider.default_model]
        count = len(self.scenarios) * self.repeats
        lines = [
            ("Trials", f"{count} ({len(self.scenarios)} scenarios, each {self.repeats} times)"),
            ("Probably", amount(forecast.probably, models)),
            ("At most", amount(forecast.at_most, models)),
        ]
        if self.budget_nano_usd is not None:
            lines.append(("Budget", f"${self.budget_nano_usd / 1e9:.2f}: it stops before more"))
        await agreed("this pre-production run", lines, yes=self.yes)

    def _about(
        self, run_id: str, began: datetime, provider: gateway_pb2.DescribeProviderResponse
    ) -> About:
        return About(
            run_id=run_id,
            began=began,
            attune=version("attune"),
            environment=provider.environment,
            served_by=SERVED_BY.get(provider.served_by, ""),
            provider=provider.provider,
            endpoint=provider.endpoint,
            models=tuple(dict.fromkeys(self.models.values())) or (provider.default_model,),
            gates=self.gates,
            gates_tell=self.file.gates[self.gates].about,
            repeats=self.repeats,
            depth=self.depth,
            scenario_file=self.file_name,
            scenario_digest=self.file.digest(),
            scenarios=tuple(each.id for each in self.scenarios),
            budget_usd="" if self.budget_nano_usd is None else f"{self.budget_nano_usd / 1e9:.2f}",
        )

    def _server_gate(
        self, run: Run, before: Counted | None, after: Counted | None
    ) -> list[GateResult]:
        """The model server's own count, where it was asked for."""
        if not self.provider_metrics:
            return []
        title = "The server counted the same tokens"
        if before is None or after is None:
            return [GateResult("server_count", title, Outcome.NOT_SHOWN, why="it was not read")]
        faults = server_disagreements(
            [trial.books for trial in run.trials], after.input - before.input,
            after.output - before.output,
        )  # fmt: skip
        return [
            GateResult(
                "server_count", title, Outcome.FAILED if faults else Outcome.HELD,
                value=after.input - before.input + after.output - before.output, unit="tokens",
                threshold="equal", why="; ".join(faults),
            )
        ]  # fmt: skip


def _refuse_unreal(provider: gateway_pb2.DescribeProviderResponse) -> None:
    found = SERVED_BY.get(provider.served_by, "nobody")
    if provider.served_by == gateway_pb2.SERVED_BY_REAL:
        return
    raise Stop(
        ExitCode.EXPECTATION,
        f"pre-production needs a real model, and the gateway's answers come from a {found}",
        todo="start it with USE_MOCK_AI_PROVIDER=false and OPENAI_API_KEY, or name another with"
        " --target gateway=HOST:PORT; nothing was spent",
    )


def _real(run: Run) -> GateResult:
    """Whether it was a real model all the way, whatever the gateway said before."""
    others = [(t.key, who) for t in run.trials for who in t.served_by if who != "real"]
    asked = [trial for trial in run.trials if trial.served_by]
    outcome = Outcome.FAILED if others else Outcome.HELD if asked else Outcome.NOT_SHOWN
    why = f"{len(others)} trials were not" if others else "" if asked else "nobody answered"
    return GateResult(
        "served_by_real", "Answered by a real model", outcome, value=float(len(asked)),
        unit="trials", samples=len(run.trials), threshold="always", why=why, faults=tuple(others),
    )  # fmt: skip


def _spent(run: Run) -> int | None:
    costs = [trial.books for trial in run.trials]
    if any(books.cost_nano_usd is None or books.unpriced_calls for books in costs):
        return None
    return sum(books.cost_nano_usd or 0 for books in costs)


def _models(run: Run) -> tuple[str, ...]:
    return tuple(sorted({model for trial in run.trials for model in trial.models}))
