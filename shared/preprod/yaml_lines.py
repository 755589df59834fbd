"""Reads YAML of which every fault can be named by its line.

Only what JSON has is taken: no anchors (a few lines of them grow to gigabytes), no tags, no
dates, no key twice. Lines count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CHARACTERS = 300_000
MAX_DEPTH = 20
_SCALARS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:timestamp",
}
Place = tuple[str | int, ...]
"""Keys and indices from the top, as pydantic gives them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line of a file."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


class FileFaults(ValueError):
    """A file that cannot be used, with every fault and its line."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        super().__init__(f"{name}: {'; '.join(map(str, faults))}")
        self.name = name
        self.faults = sorted(faults, key=lambda fault: fault.line)


@dataclass(slots=True)
class Read:
    """What a file says, and on which line each part of it begins."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest part around it that has one."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str, name: str) -> Read:
    """The one document in a text. Raises FileFaults."""
    if len(text) > MAX_CHARACTERS:
        raise FileFaults(name, [Fault(1, f"more than {MAX_CHARACTERS:,} characters")])
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                kind = type(token).__name__.removesuffix("Token").lower()
                at = token.start_mark.line + 1
                raise FileFaults(name, [Fault(at, f"{kind}s are not taken; write it out")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "is not YAML"
        raise FileFaults(name, [Fault(mark.line + 1 if mark else 1, said)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise FileFaults(name, [Fault(1, f"is not YAML: {error}")]) from error
    read, faults = Read(), list[Fault]()
    if root is None:
        raise FileFaults(name, [Fault(1, "is empty")])
    read.value = _value(root, (), read.lines, faults)
    if faults:
        raise FileFaults(name, faults)
    return read


def _value(node: Node, place: Place, lines: dict[Place, int], faults: list[Fault]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if len(place) > MAX_DEPTH:
        faults.append(Fault(line, f"is nested more than {MAX_DEPTH} levels deep"))
        return None
    if isinstance(node, SequenceNode):
        return [
            _value(each, (*place, number), lines, faults) for number, each in enumerate(node.value)
        ]
    if isinstance(node, MappingNode):
        return _mapping(node, place, lines, faults)
    return _scalar(node, line, faults)


def _scalar(node: Node, line: int, faults: list[Fault]) -> Any:
    if node.tag not in _SCALARS:
        faults.append(Fault(line, f"{str(node.value)[:40]!r} is of a kind that is not taken"))
        return None
    if node.tag.endswith("timestamp"):
        return node.value
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        faults.append(Fault(line, f"{str(node.value)[:40]!r} cannot be read: {error}"))
        return None


def _mapping(
    node: MappingNode, place: Place, lines: dict[Place, int], faults: list[Fault]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, ScalarNode) else None
        if key is None:
            faults.append(Fault(line, "a key must be a word"))
        elif key in found:
            faults.append(Fault(line, f"{key!r} is there twice"))
        else:
            lines[*place, key] = line
            found[key] = _value(value_node, (*place, key), lines, faults)
    return found
