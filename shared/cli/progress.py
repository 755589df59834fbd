"""One live line on stderr: what is being waited for, and how long; silent in a pipe."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from shared.rpc.settings import ServiceName

if TYPE_CHECKING:
    from shared.cli.live_line import LiveLine


class Progress:
    """Shows one line at a time; `clear` takes it away before a result is printed."""

    def __init__(self) -> None:
        self._line: LiveLine | None = None
        self._starting: list[ServiceName] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def starting(self, services: tuple[ServiceName, ...]) -> None:
        """These services were started and are not healthy yet."""
        self._starting = list(services)
        self.waiting(self._what())

    def healthy(self, service: ServiceName) -> None:
        """This one is healthy now."""
        self._starting.remove(service)
        if self._starting and self._line is not None:
            self._line.change(self._what())

    def stopping(self) -> None:
        """The command's own system is being stopped."""
        self.waiting("Stopping the services")

    def waiting(self, what: str) -> None:
        """Shows `what`, with the time from now on."""
        if not sys.stderr.isatty():
            return
        # Imported here: rich takes 0.1 s, which passes while services start.
        from shared.cli.live_line import LiveLine  # noqa: PLC0415

        self.clear()
        self._line = LiveLine(what)

    def clear(self) -> None:
        """Takes the line away."""
        if self._line is not None:
            self._line.stop()
            self._line = None

    def _what(self) -> str:
        return f"No system is running; starting one: {', '.join(self._starting)}"
