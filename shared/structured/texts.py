"""Texts of a model's answer, bounded: what a model writes is as hostile as any input."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("has a NUL character")
    return text


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


Passage = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2_000),
    AfterValidator(_without_nul),
]
"""A description: at most 2,000 characters."""

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20_000),
    AfterValidator(_without_nul),
]
"""A part of a document: at most 20,000 characters."""

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(_without_nul),
    AfterValidator(_in_one_line),
]
"""A name or a title: one line of at most 200 characters."""
