"""The fields' texts as vectors, kept in a file from one start to the next.

To embed thousands of texts takes longer than to load the encoders; to read them back takes
milliseconds. The file is only ever a copy of what the data and the encoder give.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from services.domain.fields import ENGLISH, Field
from shared.context.profile import UNKNOWN_DOMAIN

Floats = NDArray[np.float32]
_log = structlog.get_logger()

MAX_THREADS = 4
BATCH = 512
"""How many texts a thread embeds at once when the cache is made."""

CACHE_LAYOUT = "3"
"""Part of the checksum; raise it when what is embedded, or how it is stored, changes."""
_CHECKSUM_BYTES = hashlib.sha256().digest_size


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    name: str
    """Of its cache file."""
    version: str
    dimensions: int

    def encode(self, texts: list[str]) -> Floats:
        """Shape (len(texts), dimensions)."""


def texts_in(field: Field, language: str) -> tuple[str, ...]:
    """Everything that a field says of itself in a language, its terms as lines.

    With what is in English go the few goals in other languages that stand beside them.
    """
    examples = field.examples.get(language, ())
    if language == ENGLISH:
        if field.slug == UNKNOWN_DOMAIN:
            return (*field.goals, *examples)
        lines = (*field.topics, ", ".join(field.names), ", ".join(field.vocabulary))
        return (*field.goals, *field.descriptions, *lines, *examples)
    words = field.words.get(language)
    if words is None:
        return examples
    line = ", ".join((words.label, *words.aliases, *words.vocabulary))
    return (*words.goals, line, *examples)


def languages_of(fields: Sequence[Field]) -> list[str]:
    """The languages that fields have texts in, English first."""
    others = {tag for field in fields for tag in (*field.words, *field.examples)} - {ENGLISH}
    return [ENGLISH, *sorted(others)]


class Vectors:
    """Makes vectors with an encoder, or reads those back that it made of the same texts.

    cache_dir None: nothing is kept. A cache of other texts or of another encoder, and a
    broken file, are made anew. A folder that cannot be written to is logged
    and costs only the time.
    """

    def __init__(self, encoder: Encoder, cache_dir: Path | None) -> None:
        self._encoder = encoder
        self._cache_dir = cache_dir

    def of(self, groups: Sequence[Sequence[str]], name: str) -> list[Floats]:
        """An array for each group, with a row for each text. name: of these texts."""
        texts = [text for group in groups for text in group]
        return parted(self._all(texts, name), [len(group) for group in groups])

    def _all(self, texts: Sequence[str], name: str) -> Floats:
        if self._cache_dir is None:
            return self._rounded(texts).astype(np.float32)
        encoder = self._encoder
        key = "\0".join((CACHE_LAYOUT, encoder.name, encoder.version, *texts)).encode()
        path = self._cache_dir / f"{encoder.name}-{name}.bin"
        vectors = _read(path, key, (len(texts), encoder.dimensions))
        if vectors is None:
            vectors = self._rounded(texts)
            _write(path, key, vectors)
        return vectors.astype(np.float32)

    def _rounded(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """In the precision of the file, so that a start with it and one without rank alike."""
        batches = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        self._encoder.encode(batches[0][:1])  # loads its weights, once and not in each thread
        with ThreadPoolExecutor(_threads()) as pool:  # the encoder's products free the GIL
            vectors = list(pool.map(self._encoder.encode, batches))
        return np.concatenate(vectors).astype(np.float16)


def _threads() -> int:
    """As many as this process may use, and few enough for the memory of a small container."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(2)
    return min(MAX_THREADS, len(usable))


def parted(rows: NDArray[Any], sizes: Sequence[int]) -> list[NDArray[Any]]:
    """Consecutive rows as one array for each size."""
    return np.split(rows, np.cumsum(sizes)[:-1])


def _checksum(key: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(key + b"\0" + payload).digest()


def _read(path: Path, key: bytes, shape: tuple[int, int]) -> NDArray[np.float16] | None:
    """None when there is no file or its checksum is not that of `key` and its content."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = content[_CHECKSUM_BYTES:]
    if content[:_CHECKSUM_BYTES] != _checksum(key, payload):
        return None
    return np.frombuffer(payload, np.float16).reshape(shape)


def _write(path: Path, key: bytes, vectors: NDArray[np.float16]) -> None:
    """Puts the file in place in one step, so that no other process reads half of it."""
    payload = vectors.tobytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=path.name) as folder:
            whole = Path(folder) / path.name
            whole.write_bytes(_checksum(key, payload) + payload)
            whole.replace(path)
    except OSError as error:
        _log.warning("field_vectors_not_cached", path=str(path), error=str(error))
