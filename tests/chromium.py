"""A headless Chromium of one's own that no network reaches, and what it tells of a page.

It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) through
a pair of pipes, so that nothing listens on a port.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MISSING = "Chromium is not installed: apt-get install chromium"
ANSWER_SECONDS = 60
_OPTIONS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)  # fmt: skip


@dataclass
class Opened:
    """What a page did.

    requests: addresses by number; blocked: those that its policy stopped before they left;
    complaints: what the console and the log say.
    """

    session: str
    requests: dict[str, str] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Chromium:
    """Opens files from disk, one after the other, and answers questions about the last one."""

    def __init__(self, write: int, read: int) -> None:
        self._write = write
        self._read = read
        self._numbers = itertools.count(1)
        self._rest = b""
        self._page = Opened("")

    def open(self, file: Path, width: int = 1280) -> Opened:
        """Loads a file in a tab of its own and waits until it is there."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._page = Opened(session)
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{domain}.enable")
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        self._ask("Page.navigate", url=file.as_uri())
        until = time.monotonic() + ANSWER_SECONDS
        while self.value("document.readyState") != "complete":
            assert time.monotonic() < until
        return self._page

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page; the page's policy does not bind it."""
        given = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in given, given
        return given["result"].get("value")

    def prefer(self, scheme: str) -> None:
        """Has the reader prefer "light" or "dark"."""
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        self._ask("Emulation.setEmulatedMedia", features=wanted)

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        number = next(self._numbers)
        asked: dict[str, object] = {"id": number, "method": method, "params": params}
        if self._page.session and not method.startswith("Target."):
            asked["sessionId"] = self._page.session
        os.write(self._write, json.dumps(asked).encode() + b"\0")
        while (message := self._next()).get("id") != number:
            self._note(message)
        assert "error" not in message, message
        return message["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            got = os.read(self._read, 1 << 16)
            assert got, "Chromium is gone"
            self._rest += got
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("sessionId") != self._page.session:
            return
        told = message["params"]
        match message["method"]:
            case "Network.requestWillBeSent":
                self._page.requests[told["requestId"]] = told["request"]["url"]
            case "Network.loadingFailed" if told.get("blockedReason") == "csp":
                self._page.blocked.append(self._page.requests.pop(told["requestId"]))
            case "Log.entryAdded":
                self._page.complaints.append(told["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self._page.complaints.append(json.dumps(told))


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """A browser whose files are in `folder`; skips where none is installed."""
    program = shutil.which("chromium")
    if program is None:
        if "ATTUNE_TESTS_NEED_ALL" in os.environ:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # A shell moves the pipes to where Chromium looks for them: without any fork of Python.
    command = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    options = [*_OPTIONS, f"--user-data-dir={folder}"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    process = subprocess.Popen(
        ["bash", "-c", command, "bash", program, *options],
        pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Chromium(ours_out, ours_in)
    finally:
        process.terminate()
        process.wait(timeout=ANSWER_SECONDS)
        os.close(ours_in)
        os.close(ours_out)
