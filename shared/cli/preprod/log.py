"""The log of a run: a JSON line for each thing that happened, as it happens."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self


class RunLog(AbstractContextManager["RunLog"]):
    """Appends lines to a file; each is there as soon as it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._out: IO[str] | None = None

    def __enter__(self) -> Self:
        self._out = self._path.open("w", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._out is not None:
            self._out.close()

    def write(self, event: str, **facts: Any) -> None:
        """One line; facts that are None or empty are left out."""
        said = {name: value for name, value in facts.items() if value not in (None, "", (), [])}
        line = {"timestamp": datetime.now(UTC).isoformat(), "event": event, **said}
        if self._out is not None:
            self._out.write(f"{json.dumps(line, ensure_ascii=False, default=str)}\n")
