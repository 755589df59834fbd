"""What a run is measured by: invariants of a trial, proportions and quantities of many.

A measure is a name, what it means, and how it is taken from one trial. Thresholds are the
scenario file's; how sure a figure is, is said in intervals.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from shared.preprod.trial import EMBEDDED, STRICT, State, TextKind, TrialSeen

NANO = 1_000_000_000
UNDETERMINED = "und"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.of + other.of)

    @property
    def value(self) -> float | None:
        """As a number from 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share. share: how a trial gives its part of it."""

    title: str
    share: Callable[[TrialSeen], Share]
    more_is_better: bool = True

    def of(self, trials: Iterable[TrialSeen]) -> Share:
        """The sum over trials."""
        return sum((self.share(trial) for trial in trials), Share(0, 0))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of which less is better. values: how a trial gives its own.

    quantile: which one of the values; None: their mean.
    """

    title: str
    values: Callable[[TrialSeen], list[float]]
    unit: str
    quantile: float | None = None
    more_is_better: bool = False

    def of(self, trials: Iterable[TrialSeen]) -> list[float]:
        """All values over trials."""
        return [value for trial in trials for value in self.values(trial)]


Measure = Proportion | Quantity


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold of every trial. faults: why it does not; none where it does.

    needs_raw: it is seen in the raw answers alone, which a target need not give.
    """

    title: str
    faults: Callable[[TrialSeen], Iterable[str]]
    needs_raw: bool = False


def _first(trial: TrialSeen) -> Share:
    asked = [answer for answer in trial.answers if answer.ask == 1 and not answer.replayed]
    return Share(sum(answer.is_usable for answer in asked), len(asked))


def _in_the_end(trial: TrialSeen) -> Share:
    """Of questions: the second answer counts where there is one."""
    ends: list[bool] = []
    for answer in trial.answers:
        if answer.ask == 1 or not ends:
            ends.append(answer.is_usable)
        else:
            ends[-1] = answer.is_usable
    return Share(sum(ends), len(ends))


def _untouched(trial: TrialSeen) -> Share:
    usable = [answer for answer in trial.answers if answer.is_usable]
    return Share(sum(a.read_as in (STRICT, EMBEDDED) for a in usable), len(usable))


def _leaking(*kinds: TextKind) -> Callable[[TrialSeen], Share]:
    def of(trial: TrialSeen) -> Share:
        texts = [text for text in trial.texts_of(*kinds) if text.measured or text.foreign]
        return Share(sum(text.leaks for text in texts), len(texts))

    return of


def _language(trial: TrialSeen) -> Share:
    sure = [
        text
        for text in trial.texts_of(TextKind.TASK, TextKind.DELIVERABLE)
        if text.language != UNDETERMINED
    ]
    wanted = trial.language.partition("-")[0]
    return Share(sum(text.language == wanted for text in sure), len(sure))


def _yes(is_so: bool | None) -> Share:  # noqa: FBT001 a truth value is what it takes
    return Share(0, 0) if is_so is None else Share(int(is_so), 1)


def _criteria(trial: TrialSeen) -> Share:
    met = sum(task.met for task in trial.tasks)
    return Share(met, met + sum(task.not_met + task.cannot_tell for task in trial.tasks))


def _sound(trial: TrialSeen) -> Share:
    if not trial.is_project:
        return Share(0, 0)
    return Share(sum(task.is_sound for task in trial.tasks), len(trial.tasks))


def _cost(trial: TrialSeen) -> list[float]:
    known = trial.books.cost_nano_usd
    if known is None or trial.books.unpriced_calls:
        return []
    return [known / NANO]


def _of_accepted(
    values: Callable[[TrialSeen], list[float]],
) -> Callable[[TrialSeen], list[float]]:
    """A project's values for each of its accepted deliverables; none where it has none."""

    def of(trial: TrialSeen) -> list[float]:
        accepted = sum(task.is_accepted for task in trial.tasks)
        return [value / accepted for value in values(trial)] if accepted else []

    return of


def _calls(trial: TrialSeen) -> list[float]:
    return [float(trial.books.calls)]


def _tokens(trial: TrialSeen) -> list[float]:
    return [float(trial.books.input_tokens + trial.books.output_tokens)]


def _latencies(trial: TrialSeen) -> list[float]:
    return [answer.latency_ms / 1e3 for answer in trial.answers if not answer.replayed]


MEASURES: Mapping[str, Measure] = {
    "answers_read_first": Proportion("Answers of use at the first asking", _first),
    "answers_read": Proportion("Questions answered, asked again once", _in_the_end),
    "answers_untouched": Proportion("Read without a change (of those of use)", _untouched),
    "faithful": Proportion(
        "What was read is what was said",
        lambda t: Share(t.faithful_checks - len(t.lost), t.faithful_checks),
    ),
    "plans_made": Proportion(
        "Plans made", lambda t: _yes(None if t.state is State.STOPPED else t.has_plan)
    ),
    "plans_untouched": Proportion(
        "Plans valid without any mending",
        lambda t: _yes(not t.problems and not t.degraded if t.has_plan else None),
    ),
    "domain_right": Proportion("Field of the goal right", lambda t: _yes(t.domain_is_right)),
    "language_right": Proportion("Texts in the goal's language", _language),
    "leak_rate": Proportion(
        "Texts with words of another field",
        _leaking(TextKind.TASK, TextKind.DELIVERABLE),
        more_is_better=False,
    ),
    "leak_rate_of_answers": Proportion(
        "Answers with words of another field", _leaking(TextKind.ANSWER), more_is_better=False
    ),
    "leak_rate_of_prompts": Proportion(
        "Prompts with words of another field", _leaking(TextKind.PROMPT), more_is_better=False
    ),
    "projects_finished": Proportion(
        "Finished", lambda t: _yes(None if t.state is State.STOPPED else t.state is State.FINISHED)
    ),
    "deliverables_sound": Proportion("Deliverables whole, without placeholders", _sound),
    "criteria_met": Proportion("Criteria met, by review", _criteria),
    "call_seconds_p50": Quantity("Seconds of a call, median", _latencies, "s", 0.5),
    "call_seconds_p95": Quantity("Seconds of a call, 95 %", _latencies, "s", 0.95),
    "project_seconds_p50": Quantity("Seconds of a project, median", lambda t: [t.seconds], "s", 0.5),
    "project_seconds_p95": Quantity("Seconds of a project, 95 %", lambda t: [t.seconds], "s", 0.95),
    "calls": Quantity("Calls of a project", _calls, "calls"),
    "input_tokens": Quantity(
        "Input tokens of a project", lambda t: [float(t.books.input_tokens)], "tokens"
    ),
    "output_tokens": Quantity(
        "Output tokens of a project", lambda t: [float(t.books.output_tokens)], "tokens"
    ),
    "cost_usd": Quantity("Cost of a project", _cost, "USD"),
    "calls_of_accepted": Quantity(
        "Calls for an accepted deliverable", _of_accepted(_calls), "calls"
    ),
    "tokens_of_accepted": Quantity(
        "Tokens for an accepted deliverable", _of_accepted(_tokens), "tokens"
    ),
    "cost_usd_of_accepted": Quantity(
        "Cost of an accepted deliverable", _of_accepted(_cost), "USD"
    ),
    "retries": Quantity(
        "Tries at the provider beyond the first",
        lambda t: [float(t.books.attempts - t.books.calls)], "tries",
    ),
    "failed_calls": Quantity(
        "Calls that failed or were lost",
        lambda t: [float(t.books.failed_calls + t.books.lost_calls)], "calls",
    ),
}  # fmt: skip
"""Every measure by its name, in the order of reports."""
PROPORTIONS = {name: each for name, each in MEASURES.items() if isinstance(each, Proportion)}
QUANTITIES = {name: each for name, each in MEASURES.items() if isinstance(each, Quantity)}


def _ended(trial: TrialSeen) -> Iterable[str]:
    if trial.state is State.BROKEN:
        yield f"{trial.reason}: {trial.message}"


def _jargon(trial: TrialSeen) -> Iterable[str]:
    for text in trial.texts_of(TextKind.TASK, TextKind.DELIVERABLE, TextKind.PROMPT):
        if text.foreign:
            yield f"{text.kind} {text.name}: {', '.join(text.foreign)}"


def _accounted(trial: TrialSeen) -> Iterable[str]:
    return trial.books.disagreements


def _served(trial: TrialSeen) -> Iterable[str]:
    if len(trial.served_by) > 1:
        yield f"answers came from {' and '.join(trial.served_by)}"
    if trial.answers and not trial.served_by:
        yield "nobody says who answered"


def _refused_honestly(trial: TrialSeen) -> Iterable[str]:
    """Whatever went wrong has words: an answer of no use its fault, a refusal its reason."""
    for answer in trial.answers:
        if not answer.is_usable and not answer.fault:
            yield f"the answer {answer.call_id} was of no use, and nobody says why"
    if trial.state is State.REFUSED and not trial.message:
        yield "it was refused without a word"


INVARIANTS: Mapping[str, Invariant] = {
    "ended": Invariant("Ended in time and by itself", _ended),
    "plan_valid": Invariant("Plans keep every rule", lambda t: t.problems),
    "books_complete": Invariant("Books have every call and token", _accounted),
    "served_by_one": Invariant("One server gave all answers", _served),
    "refused_honestly": Invariant("Answers read, or refused with a reason", _refused_honestly),
    "faithful": Invariant("Nothing lost or invented in reading", lambda t: t.lost, needs_raw=True),
    "no_jargon": Invariant("None of the scenario's foreign words", _jargon, needs_raw=True),
}
"""Every invariant by its name."""


def by_scenario(trials: Iterable[TrialSeen]) -> dict[str, list[TrialSeen]]:
    """Trials by their scenario, which are the clusters of every interval."""
    ordered = sorted(trials, key=lambda trial: (trial.scenario, trial.repeat))
    return {name: list(found) for name, found in groupby(ordered, key=lambda t: t.scenario)}
