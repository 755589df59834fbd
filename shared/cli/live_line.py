"""The line that Progress shows on a terminal: a spinner, what is waited for, seconds."""

from __future__ import annotations

from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from shared.cli.terminal import console


class _Seconds(ProgressColumn):
    """Time since the line appeared, in seconds."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.elapsed or 0:.1f} s", style="dim")


class LiveLine:
    """A line that moves by itself until `stop` takes it away."""

    def __init__(self, what: str) -> None:
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            _Seconds(),
            console=console(error=True),
            transient=True,
        )
        self._line = self._live.add_task(what, total=None)
        self._live.start()

    def change(self, what: str) -> None:
        """Shows `what`; the time goes on."""
        self._live.update(self._line, description=what)

    def stop(self) -> None:
        """Takes the line away."""
        self._live.stop()
