r"""Reads JSON out of what a model wrote, says how, and invents nothing.

Strict parsing comes first, and its result is untouched. Then the documents in the text are
found (documents.py) and read with repairs (scanner.py); with a schema each is fitted to it
(fitting.py) and the one that fits best is the answer; a text without any document is read
as words (wording.py). Two different values that fit equally well are an error.

Time is linear in the length of the text, and depth costs no stack: reading and fitting are
loops with stacks of their own. Only a fence around a value, or a document written as a
string inside another, is read by a second run.

What is done with what JSON leaves open:

- Backslashes that begin no escape are kept (`C:\Users`, LaTeX); see escapes.py.
- Of a key that stands twice the last value counts; it is listed in the repairs.
- NaN and the infinities are no JSON values; without quotes they are read as the words that
  they are, as other words without quotes. A number that no float holds is an error.
- Integers are exact up to 4,300 digits, the limit of Python's own conversion; longer ones
  are an error.
- A lone surrogate becomes U+FFFD, which is listed: no other program could read it.
- A byte order mark, zero-width characters and unusual whitespace are skipped between
  things, which is listed, and kept inside strings.
- Without a schema, several documents with only separators between them, or each in a fence
  of its own, are a list of them.
- Of a text that was cut off, unfinished strings and numbers are kept as far as they came;
  unfinished literals, keys, and keys without value are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from shared.structured.reading.containers import TooDeep
from shared.structured.reading.cursor import Reading
from shared.structured.reading.documents import Document, Found, Standing, find, side_by_side
from shared.structured.reading.effort import TooAmbiguous
from shared.structured.reading.escapes import LONE_SURROGATE
from shared.structured.reading.strict import TooLarge, read_strictly
from shared.structured.result import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    ParseError,
    ParseResult,
    Repair,
    Strategy,
)
from shared.structured.schema.choices import same
from shared.structured.schema.fitting import Fit, Unfit, fit
from shared.structured.schema.shape import Shape, shape_of
from shared.structured.schema.wording import fit_text

MAX_WEIGHED = 1000
"""Documents of one answer that are weighed against a schema; more only as the list of all."""

Schema = Mapping[str, Any] | type[BaseModel]


class IntelligentJsonParser:
    """Reads one JSON value out of an answer."""

    def parse(self, text: str, schema: Schema | None = None) -> ParseResult:
        """The value in `text`; with a schema, one that satisfies it.

        schema: a Pydantic model class (the value is an instance), a JSON Schema (the value
        is plain, with the defaults that it states) or None. Raises ParseError saying why,
        and ValueError for what is no JSON Schema.
        """
        shape = None if schema is None else shape_of(schema)
        try:
            return _read(text, shape)
        except _Refused as error:
            raise ParseError(str(error), text) from error
        except TooDeep as error:
            raise ParseError(f"the JSON nests deeper than {MAX_DEPTH} levels", text) from error
        except (TooAmbiguous, TooLarge) as error:
            raise ParseError(str(error), text) from error


class _Refused(Exception):
    """Why a text cannot be read."""


def _read(text: str, shape: Shape | None) -> ParseResult:
    if len(text) > MAX_CHARACTERS:
        raise _Refused(f"the answer has {len(text):,} characters; at most {MAX_CHARACTERS:,}")
    try:
        value = read_strictly(text)
    except ValueError:  # a UnicodeEncodeError, of lone surrogates, is one
        if not text.strip("\ufeff \t\r\n"):
            raise _Refused("the answer is empty") from None
    else:
        return _strict(value, shape)
    plain = text if text.isascii() else LONE_SURROGATE.sub("\ufffd", text)
    result = _found(plain, shape)
    if plain == text:
        return result
    note = Repair("", "lone surrogates are replaced by U+FFFD")
    return replace(result, strategy=Strategy.REPAIRED, repairs=(note, *result.repairs))


def _found(text: str, shape: Shape | None) -> ParseResult:
    """The answer in a text that is no valid JSON as a whole."""
    found = find(text)
    if not found.documents and len(found.blocks) == 1 and found.blocks[0].strip() != text.strip():
        return _inside(found.blocks[0], shape)
    if shape is None:
        return _chosen(text, found)
    return _fitting(text, found, shape)


def _inside(block: str, shape: Shape | None) -> ParseResult:
    """What stands in the one fence of a text when it is no object or list."""
    inner = _read(block, shape)
    repairs = (Repair("", "the fence around the value is left out"), *inner.repairs)
    strategy = Strategy.EMBEDDED if inner.strategy is Strategy.STRICT else inner.strategy
    return ParseResult(inner.value, strategy, repairs, inner.complete, inner.candidates)


def _strict(value: Any, shape: Shape | None) -> ParseResult:
    if shape is None:
        return ParseResult(value, Strategy.STRICT)
    try:
        fitted = fit(shape, value, read=_document)
    except Unfit as error:
        raise _Refused("; ".join(error.faults)) from error
    return ParseResult(
        fitted.value, Strategy.FITTED if fitted.repairs else Strategy.STRICT, fitted.repairs
    )


def _document(text: str) -> Any:
    """The document inside a string. Raises ValueError if there is none, or more than one."""
    try:
        return _read(text, None).value
    except (_Refused, TooDeep, TooAmbiguous, TooLarge) as error:
        raise ValueError(str(error)) from error


def _chosen(text: str, found: Found) -> ParseResult:
    """The answer among documents that no schema tells apart."""
    if not found.documents:
        raise _Refused(_why_none(found))
    if len(found.documents) == 1 and not found.broken:
        return _result(text, found.documents[0], 1)
    best = max(one.standing for one in found.documents)
    if found.broken and best < Standing.BEGUN:
        raise _Refused(f"a document is broken: {found.broken[0]}")
    pool = [one for one in found.documents if one.standing is best]
    listed = _listed(text, pool)
    if listed is not None:
        return _result(text, listed, len(found.documents))
    pool = [one for one in pool if one.reading.cut is None] or pool
    if all(same(pool[0].reading.value, one.reading.value) for one in pool[1:]):
        return _result(text, pool[-1], len(found.documents))
    raise _Refused(f"{len(pool)} different values stand in the answer; which is meant?")


def _listed(text: str, pool: list[Document]) -> Document | None:
    """Documents side by side, or different ones each in a fence, as the list of them."""
    values = [one.reading.value for one in pool]
    if pool[0].standing >= Standing.BEGUN:
        if all(same(values[0], value) for value in values[1:]):
            return None
    elif len(pool) == 1 or not side_by_side(text, pool):
        return None
    first, last = pool[0].reading, pool[-1].reading
    repairs = [(first.start, f"{len(pool)} values side by side are read as a list")]
    repairs += [repair for one in pool for repair in one.reading.repairs]
    cut = None if last.cut is None else (len(pool) - 1, *last.cut)
    reading = Reading(values, first.start, last.end, repairs, cut, last.unfinished)
    return Document(reading, pool[0].standing, strict=all(one.strict for one in pool))


def _fitting(text: str, found: Found, shape: Shape) -> ParseResult:
    """The document that fits the schema best, or the text itself."""
    fits: list[tuple[Document, Fit]] = []
    faults: list[str] = []
    for one in _candidates(text, found):
        reading = one.reading
        try:
            fitted = fit(
                shape, reading.value, cut=reading.cut, unfinished=reading.unfinished,
                read=_document,
            )  # fmt: skip
        except Unfit as error:
            faults += error.faults
        else:
            fits.append((one, fitted))
    if fits:
        return _best(text, fits, len(found.documents))
    if not any(one.standing > Standing.MARK for one in found.documents) and not found.broken:
        try:
            fitted = fit_text(shape, found.words)
        except Unfit as error:
            faults += error.faults
        else:
            return ParseResult(fitted.value, Strategy.TEXT, fitted.repairs, candidates=0)
    raise _Refused("; ".join((faults or found.broken or [_why_none(found)])[:20]))


def _candidates(text: str, found: Found) -> list[Document]:
    """Each document, and the list of those that look most like the answer."""
    documents = found.documents
    if len(documents) < 2:
        return documents
    best = max(one.standing for one in documents)
    listed = _listed(text, [one for one in documents if one.standing is best])
    if len(documents) > MAX_WEIGHED:
        if listed is None:
            raise _Refused(f"{len(documents):,} values stand in the answer; which is meant?")
        return [listed]
    return [*documents, listed] if listed else documents


def _best(text: str, fits: list[tuple[Document, Fit]], candidates: int) -> ParseResult:
    """The one that fits best: changed least, whole, saying most, standing as an answer does."""

    def rank(pair: tuple[Document, Fit]) -> tuple[int, bool, int, int]:
        one, fitted = pair
        return fitted.cost, one.reading.cut is not None, -fitted.filled, -one.standing

    least = min(map(rank, fits))
    pool = [pair for pair in fits if rank(pair) == least]
    one, fitted = pool[-1]
    if any(not same(other.value, fitted.value) for _, other in pool[:-1]):
        raise _Refused(f"{len(pool)} values fit equally well and differ; which is meant?")
    result = _result(text, one, candidates)
    strategy = result.strategy
    if fitted.repairs and strategy is Strategy.EMBEDDED:
        strategy = Strategy.FITTED
    return ParseResult(
        fitted.value, strategy, result.repairs + fitted.repairs, result.complete, candidates
    )


def _result(text: str, one: Document, candidates: int) -> ParseResult:
    reading = one.reading
    repairs = _repairs(one)
    before, after = text[: reading.start], text[reading.end :]
    if (before and before.strip("\ufeff \t\r\n")) or (after and after.strip(" \t\r\n")):
        repairs.append(Repair("", "the text around the JSON is left out"))
    strategy = Strategy.EMBEDDED if one.strict else Strategy.REPAIRED
    if text.startswith("\ufeff"):
        repairs.append(Repair("character 0", "a byte order mark is skipped"))
    return ParseResult(reading.value, strategy, tuple(repairs), reading.cut is None, candidates)


def _repairs(one: Document) -> list[Repair]:
    return [Repair(f"character {at}", what) for at, what in one.reading.repairs]


def _why_none(found: Found) -> str:
    if found.broken:
        return f"the JSON is broken: {found.broken[0]}"
    return "there is a draft, and no answer after it" if found.draft else "there is no JSON in it"
