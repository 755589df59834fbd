"""What a task is told of all that is known: what it rests on, cut to a budget of tokens.

Its own task and the goal go beside this. It gets what the caller knows and the deliverables
that it depends on, and nothing of the rest, so the cost of a project grows with the number of
its tasks and not with its square.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attune.analyst.v1 import analyst_pb2
from attune.domain.v1 import domain_pb2

from shared.rpc.checks import (
    MAX_CONTEXT_CHARACTERS,
    MAX_CONTEXT_CHARACTERS_IN_ALL,
    MAX_NAME_CHARACTERS,
)

BYTES_PER_TOKEN = 4
"""Of UTF-8: about right for English; in other scripts a token has fewer bytes or as many, so
the budget is a bound in bytes first."""
CUT = " […]"
"""Where a text was cut."""


def handed_over(
    task: analyst_pb2.Task,
    known: Sequence[domain_pb2.ContextItem],
    finished: Mapping[str, analyst_pb2.Deliverable],
    titles: Mapping[str, str],
    tokens: int,
) -> list[domain_pb2.ContextItem]:
    """What the caller knows and what the task depends on, in at most so many tokens, about.

    finished: by task id. titles: of each task. Short texts are whole; what they leave of the
    budget is shared by the longer ones alike. Nothing is left out: a text may be cut to its
    first words.
    """
    items = [
        *known,
        *(
            domain_pb2.ContextItem(name=_name(titles[needed]), text=finished[needed].markdown)
            for needed in dict.fromkeys(task.depends_on)
        ),
    ]
    budget = min(tokens * BYTES_PER_TOKEN, MAX_CONTEXT_CHARACTERS_IN_ALL)
    shares = _shares([len(item.text.encode()) for item in items], budget)
    shares = [min(share, MAX_CONTEXT_CHARACTERS) for share in shares]
    return [
        domain_pb2.ContextItem(name=item.name, text=_cut(item.text, share))
        for item, share in zip(items, shares, strict=True)
    ]


def _name(title: str) -> str:
    return title if len(title) <= MAX_NAME_CHARACTERS else f"{title[: MAX_NAME_CHARACTERS - 1]}…"


def _shares(sizes: Sequence[int], budget: int) -> list[int]:
    """What each may take of the budget, so that the smallest is as large as can be."""
    shares = [0] * len(sizes)
    left = budget
    for place, (size, index) in enumerate(sorted((s, i) for i, s in enumerate(sizes))):
        shares[index] = min(size, left // (len(sizes) - place))
        left -= shares[index]
    return shares


def _cut(text: str, size: int) -> str:
    """The text's first bytes up to a word's end, with a mark where something is missing."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    kept = encoded[: max(0, size - len(CUT.encode()))].decode(errors="ignore")
    at_word, space, _ = kept.rpartition(" ")
    if space and len(at_word) > len(kept) // 2:
        kept = at_word
    return kept.rstrip() + CUT
