"""The scenario file: goals, what must hold of each, and the gates that a build has to pass.

One file drives the staging test and the pre-production run. What is wrong in it is told all at
once, each fault with its line, before anything is spent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.context.language import is_language_tag
from shared.preprod.measures import INVARIANTS, MEASURES, NANO, PROPORTIONS, QUANTITIES
from shared.preprod.yaml_lines import Fault, FileFaults, Read, read_yaml

OWN = "scenarios.yaml"
"""The file that is used where none is named."""
DEFAULT_GATES = "hosted"
MAX_BYTES = 4_000_000
Money = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=9)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Limits(_Part):
    """What a plan of a scenario keeps to; 0: the director's default."""

    max_tasks: Annotated[int, Field(ge=0, le=50)] = 5
    max_roles: Annotated[int, Field(ge=0, le=20)] = 3


class Scenario(_Part):
    """A goal and what must hold of what is made of it.

    domains: slugs of fields that are right for it, the best first. foreign: words that have
    no place in it, whatever the lexicons say. max_usd: the most that it may cost. price_usd:
    what the work is sold for, so that its margin can be told. context: what is known, by name.
    """

    id: Slug
    goal: Annotated[str, Field(min_length=1, max_length=8_000)]
    domains: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)]
    language: str = "en"
    foreign: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    context: Mapping[str, str] = Field(default_factory=dict)
    limits: Limits = Limits()
    max_usd: Money | None = None
    price_usd: Money | None = None
    deadline_seconds: Annotated[float, Field(ge=10, le=86_400)] = 1_800

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.goal.strip():
            raise ValueError("goal: must not be blank")
        if not is_language_tag(self.language):
            raise ValueError(f"language: {self.language!r} is no BCP 47 tag")
        if any(not word.strip() for word in self.foreign):
            raise ValueError("foreign: a word must not be blank")
        return self

    def margin(self, costs: Sequence[int | None]) -> float | None:
        """What is left of its price, in dollars, after a mean of costs in nano-USD; None: unknown."""
        known = [cost for cost in costs if cost is not None]
        if self.price_usd is None or not known or len(known) < len(costs):
            return None
        return float(self.price_usd) - sum(known) / len(known) / NANO

    def foreign_words(self, text: str) -> list[str]:
        """Those of its foreign words that stand in a text, whole words in any case."""
        return [word for word in self.foreign if _pattern(word).search(text)]


class Threshold(_Part):
    """The least or the most that a measure may be; exactly one of them."""

    at_least: Annotated[float, Field(ge=0)] | None = None
    at_most: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(": exactly one of at_least and at_most is needed")
        return self

    @property
    def bound(self) -> float:
        """The figure."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    def holds(self, value: float) -> bool:
        """Whether a figure is on the right side of it."""
        return value >= self.bound if self.at_least is not None else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least is not None else '≤'} {self.bound:g}"


class Gates(_Part):
    """What a build must hold.

    about: what these gates can tell and what they cannot, for whoever reads the verdict.
    scenarios: only these are run; empty: all. invariants hold of every scenario and repeat; proportions of all scenarios together, with
    their interval; limits of the figures as measured; costs: whether max_usd of the scenarios
    are gates, which a model without a price cannot hold. compare: what is compared with a
    baseline.
    """

    about: Annotated[str, Field(max_length=500)] = ""
    scenarios: tuple[Slug, ...] = ()
    invariants: tuple[str, ...] = tuple(INVARIANTS)
    proportions: Mapping[str, Threshold] = Field(default_factory=dict)
    limits: Mapping[str, Threshold] = Field(default_factory=dict)
    costs: bool = True
    compare: tuple[str, ...] = tuple(MEASURES)

    @model_validator(mode="after")
    def _can_be_held(self) -> Self:
        faults = [
            f"invariants: {name!r} is none" for name in self.invariants if name not in INVARIANTS
        ]
        faults += [
            f"compare: {name!r} is no measure" for name in self.compare if name not in MEASURES
        ]
        if not self.invariants:
            faults.append("invariants: at least one is needed")
        for group, known in (("proportions", PROPORTIONS), ("limits", QUANTITIES)):
            for name, threshold in getattr(self, group).items():
                if name not in known:
                    there = ", ".join(known)
                    faults.append(f"{group}.{name}: there is no such one; there are {there}")
                elif known is PROPORTIONS and not 0 < threshold.bound < 1:
                    faults.append(
                        f"{group}.{name}: no number of samples can show {threshold}; use a share"
                        " between 0 and 1, or an invariant"
                    )
        if faults:
            raise ValueError("\n".join(faults))
        return self


class ScenarioFile(_Part):
    """A whole file. gates: sets by name; "hosted" is the one that is used unless another is."""

    version: Annotated[int, Field(ge=1)]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=500)]
    gates: Mapping[Slug, Gates]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = []
        ids = [scenario.id for scenario in self.scenarios]
        faults += [
            f"scenarios: id {id_!r} is there twice" for id_ in {i for i in ids if ids.count(i) > 1}
        ]
        if DEFAULT_GATES not in self.gates:
            faults.append(f"gates: a set named {DEFAULT_GATES!r} is needed")
        faults += [
            f"gates.{name}.scenarios: there is no scenario {wanted!r}"
            for name, gates in self.gates.items()
            for wanted in gates.scenarios
            if wanted not in ids
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def chosen(self, gates: str, only: tuple[str, ...] = ()) -> list[Scenario]:
        """The scenarios of a set of gates, or those that are named."""
        wanted = only or self.gates[gates].scenarios
        return [each for each in self.scenarios if not wanted or each.id in wanted]

    def digest(self) -> str:
        """Of the goals and all that is asked with them; thresholds may change without it."""
        asked = [
            each.model_dump(mode="json", exclude={"max_usd", "price_usd", "deadline_seconds"})
            for each in self.scenarios
        ]
        text = json.dumps([self.version, asked], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_scenarios(path: Path | None) -> ScenarioFile:
    """A file, or Attune's own. Raises FileFaults, which names every fault and its line."""
    if path is None:
        text = resources.files("shared.preprod").joinpath(OWN).read_text("utf-8")
        return read_scenarios(text, OWN)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileFaults(str(path), [Fault(1, f"has more than {MAX_BYTES:,} bytes")])
        text = path.read_text("utf-8")
    except OSError as error:
        raise FileFaults(str(path), [Fault(1, error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        raise FileFaults(str(path), [Fault(1, f"is not UTF-8: {error.reason}")]) from error
    return read_scenarios(text, str(path))


def read_scenarios(text: str, name: str) -> ScenarioFile:
    """The same from its text."""
    read = read_yaml(text, name)
    try:
        return ScenarioFile.model_validate(read.value)
    except ValidationError as error:
        raise FileFaults(name, list(_faults(error, read))) from error


def _faults(error: ValidationError, read: Read) -> Iterator[Fault]:
    """Every fault once, on the line of the innermost part that it names."""
    found = error.errors()
    places = [fault["loc"] for fault in found]
    for fault in found:
        place, kind = fault["loc"], fault["type"]
        inner = [each for each in places if each[: len(place)] == place and len(each) > len(place)]
        if kind == "too_short" and inner:
            continue  # pydantic counts what it could not read as missing
        for line in fault["msg"].removeprefix("Value error, ").splitlines():
            at, _, what = line.partition(": ") if kind == "value_error" else ("", "", line)
            where = (*place, *at.split(".")) if at else place
            if kind == "extra_forbidden":
                what = "there is no such key"
            told = ".".join(map(str, where))
            yield Fault(read.line_of(where), f"{told}: {what}" if told else what)


def _pattern(word: str) -> re.Pattern[str]:
    """A word as it stands in a text; scripts without spaces have no ends of words."""
    written = re.escape(word.strip())
    if any(character >= "\u2e80" for character in word):
        return re.compile(written)
    return re.compile(rf"(?<!\w){written}(?!\w)", re.IGNORECASE)
