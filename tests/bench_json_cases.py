"""Cases for the parser: what a text says, and whether an answer says the same.

The tests and the bench judge by the same rules, so they are here once.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

OWN_CASES = Path(__file__).parent / "data" / "json_cases"


@dataclass(frozen=True, slots=True)
class Case:
    """A text and what a person reads out of it.

    right: every right value. is_error: no value is right. schema: a JSON Schema, or None.
    prune: keys that the expected value does not have are not counted as wrong.
    """

    id: str
    cls: str
    source: str
    text: str
    schema: dict[str, Any] | None
    right: tuple[Any, ...]
    is_error: bool
    prune: bool

    def accepts(self, value: Any) -> bool:
        """Whether `value` is a right answer."""
        if self.is_error:
            return False
        return any(
            same(pruned(value, right) if self.prune else value, right) for right in self.right
        )


def load_cases(paths: list[Path]) -> list[Case]:
    """The cases of JSON-lines files, and of those in folders.

    Raises OSError where there is no such file, ValueError (with the line) where a row is not
    a case, and where no case was found at all.
    """
    cases: list[Case] = []
    for path in paths:
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                try:
                    cases.append(_case(json.loads(line)))
                except (ValueError, KeyError, TypeError) as error:
                    raise ValueError(
                        f"{file.name}, line {number} is not a case: {error!r}"
                    ) from error
    if not cases:
        raise ValueError("no case in the named files")
    return cases


def _case(row: dict[str, Any]) -> Case:
    is_error = bool(row.get("is_error", False))
    right = () if is_error else (row["expected"], *row.get("accept", ()))
    return Case(
        row["id"], row["cls"], row.get("source", "own"), row["input"],
        row.get("json_schema"), right, is_error, bool(row.get("prune", False)),
    )  # fmt: skip


def plain(value: Any) -> Any:
    """A model instance as JSON values; anything else as it is."""
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, neither is true; the order of keys does not count.

    It keeps its own list of what is left to compare, for deep values.
    """
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            waiting.extend((left[key], right[key]) for key in left)
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            waiting.extend(zip(left, right, strict=True))
        elif not _same_scalar(left, right):
            return False
    return True


def _same_scalar(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or (math.isnan(left) and math.isnan(right))
    return type(left) is type(right) and bool(left == right)


def pruned(value: Any, wanted: Any) -> Any:
    """`value` without the keys that `wanted` lacks, at every level; cases are shallow."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return {key: pruned(value[key], wanted[key]) for key in value if key in wanted}
    if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
        return [pruned(*pair) for pair in zip(value, wanted, strict=True)]
    return value
