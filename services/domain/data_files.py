"""Reads a data file, or says what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError


def read_text(path: Path, wrong: type[Exception]) -> str:
    """What a file of UTF-8 says. Raises `wrong`, with the file named."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise wrong(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise wrong(f"{path}: is not UTF-8 at byte {error.start}") from error


def read_toml(path: Path, wrong: type[Exception]) -> dict[str, Any]:
    """The tables of a TOML file. Raises `wrong`, with the file and the line named."""
    try:
        return tomllib.loads(read_text(path, wrong))
    except tomllib.TOMLDecodeError as error:
        raise wrong(f"{path}: is not TOML: {error}") from error


def faults(error: ValueError) -> str:
    """Everything that an entry of a file does wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
    )
