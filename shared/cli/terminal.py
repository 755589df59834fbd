"""What is shown to people: consoles, widths, and text of others made safe to show.

Text from models and files may hold escape sequences that rewrite a terminal, or marks
that turn the direction of what follows; they are shown as a replacement character.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from rich.console import Console

MAX_WIDTH = 110
"""Columns; longer lines are hard to read however wide the terminal is."""

_CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SPACES = re.compile(r"[\t\r\n\v\f ]+")


def shown(text: str) -> str:
    """`text` without control characters; its line breaks stay."""
    return _CONTROLS.sub("�", text.replace("\r\n", "\n").replace("\t", " "))


def one_line(text: str, most: int = 0) -> str:
    """`text` in one line; `most` characters of it where that is set."""
    line = shown(_SPACES.sub(" ", text).strip())
    return f"{line[: most - 1]}…" if 0 < most < len(line) else line


def console(*, error: bool = False) -> Console:
    """Stdout or stderr: colours only on a terminal, and nothing in a text is markup."""
    stream = sys.stderr if error else sys.stdout
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without a letter shows "?"
    made = Console(file=stream, markup=False, highlight=False, emoji=False)
    made.width = min(made.width, MAX_WIDTH)
    return made


@contextmanager
def page(*, error: bool = False) -> Iterator[Console]:
    """What is printed inside appears at once at the end; in a pipe without padding."""
    out = console(error=error)
    with out.capture() as captured:
        yield out
    text = captured.get()
    if not out.is_terminal:
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    out.file.write(text)
    out.file.flush()
