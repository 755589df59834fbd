"""What one run of one scenario showed: values that a report keeps and a baseline gives back.

Nothing is judged here. Money is whole nano-USD, None where it is not known; times are seconds
unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class State(StrEnum):
    """How a trial ended."""

    FINISHED = "finished"  # a plan, or a project with all its deliverables
    REFUSED = "refused"  # the model's own fault, told: an answer or plan of no use
    STOPPED = "stopped"  # by its budget or by whoever watched
    BROKEN = "broken"  # anything else: a service down, a deadline, an error nobody foresaw


class TextKind(StrEnum):
    """What a text is."""

    TASK = "task"  # of the plan, as the caller got it
    DELIVERABLE = "deliverable"
    ANSWER = "answer"  # the model's own words, before anything was mended
    PROMPT = "prompt"  # what the model was told before the goal: a word there is one suggested


class _Seen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerSeen(_Seen):
    """One answer of the model: how the target read it, and its raw text from the journal.

    request_id and call_id lead into the journal. ask: 1 first, 2 asked again. raw: None where
    the journal gives none. cost_nano_usd: None where it is not known.
    """

    call_id: str
    request_id: str = ""
    purpose: str
    ask: int = 1
    read_as: str
    fault: str = ""
    repairs: int = 0
    finish_reason: str = ""
    latency_ms: float = 0.0
    replayed: bool = False
    raw: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int | None = None

    @property
    def is_usable(self) -> bool:
        """Whether something was read out of it."""
        return self.read_as not in (UNUSABLE, REFUSED)


UNUSABLE, REFUSED, STRICT, EMBEDDED = "unusable", "refused", "strict", "embedded"


class TextSeen(_Seen):
    """A text, the language that it is in, and words in it that are of other fields.

    name: a task's id or a call's. language: a primary tag, "und" when unsure. measured: False
    where no lexicon covers the language. foreign: the scenario's own foreign words in it.
    """

    kind: TextKind
    name: str
    language: str
    measured: bool
    leaked: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    excerpt: str = ""

    @property
    def leaks(self) -> bool:
        """Whether any word of another field stands in it."""
        return bool(self.leaked or self.foreign)


class TaskSeen(_Seen):
    """A task and its deliverable: its last verdicts, and what is wrong with it or kept it away."""

    task_id: str
    title: str
    done: bool = False
    characters: int = 0
    faults: tuple[str, ...] = ()
    met: int = 0
    not_met: int = 0
    cannot_tell: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether there is a deliverable and nothing plainly wrong with it."""
        return self.done and not self.faults

    @property
    def is_accepted(self) -> bool:
        """Sound, and its review found every criterion met."""
        return self.is_sound and self.met > 0 and not self.not_met and not self.cannot_tell


class BooksSeen(_Seen):
    """What the gateway's books have of a project, and where they disagree with the replies."""

    calls: int = 0
    attempts: int = 0
    failed_calls: int = 0
    lost_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int | None = None
    cost_status: str = ""
    unpriced_calls: int = 0
    disagreements: tuple[str, ...] = ()


class TrialSeen(_Seen):
    """One run of one scenario.

    problems: rules that the plan breaks, found here without the code that made it. lost: where
    what was read is not what the model said. degraded: what the target says that it mended.
    unseen: what could not be looked at, and why.
    """

    scenario: str
    repeat: int
    project_id: str
    state: State
    reason: str = ""
    message: str = ""
    seconds: float = 0.0
    served_by: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    domain: str = ""
    domain_is_right: bool | None = None
    has_plan: bool = False
    problems: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    faithful_checks: int = 0
    lost: tuple[str, ...] = ()
    language: str = "en"
    is_project: bool = False
    answers: tuple[AnswerSeen, ...] = ()
    texts: tuple[TextSeen, ...] = ()
    tasks: tuple[TaskSeen, ...] = ()
    books: BooksSeen = BooksSeen()

    @property
    def key(self) -> str:
        """Its name for people: the scenario and which time it is."""
        return f"{self.scenario}#{self.repeat}"

    def texts_of(self, *kinds: TextKind) -> Iterable[TextSeen]:
        """Its texts of some kinds."""
        return (text for text in self.texts if text.kind in kinds)
