"""Which fields share their words: groups of fields, kept as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from services.domain.data_files import faults, read_toml
from services.domain.leakage.lexicon import LexiconError

NEIGHBOURS_FILE = "neighbours.toml"
_GROUPS = TypeAdapter(dict[str, list[str]])


class Neighbours:
    """Fields by the groups that they share."""

    def __init__(self, groups: Iterable[Collection[str]]) -> None:
        near: defaultdict[str, set[str]] = defaultdict(set)
        for group in groups:
            for field in group:
                near[field].update(group)
        self._near = {field: frozenset(others) for field, others in near.items()}

    def of(self, field: str) -> frozenset[str]:
        """The field itself and every field of its groups."""
        return self._near.get(field, frozenset((field,)))


def load_neighbours(path: Path, slugs: Collection[str]) -> Neighbours:
    """Raises LexiconError, with the line where the file is no TOML."""
    try:
        groups = _GROUPS.validate_python(read_toml(path, LexiconError))
    except ValidationError as error:
        raise LexiconError(f"{path}: {faults(error)}") from error
    for name, group in groups.items():
        if strange := [slug for slug in group if slug not in slugs]:
            raise LexiconError(f"{path}: group {name}: {', '.join(strange)}: no such field")
    return Neighbours(groups.values())
