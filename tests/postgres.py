"""A PostgreSQL server of one's own, from Debian's binaries, gone with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MISSING = "PostgreSQL is not installed: apt-get install postgresql"
START_SECONDS = 60
USER = "attune"


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """A server whose files are in `folder`, on a free port of the loopback; skips where none is."""
    binaries = _binaries()
    if binaries is None:
        if "ATTUNE_TESTS_NEED_ALL" in os.environ:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    server = PostgresServer(binaries, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


class PostgresServer:
    """Databases by name, and a way to stop and start it."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder / "postgres"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder.mkdir()
        # The server refuses to run as root; whoever runs it must reach its folder.
        # By a program and not by subprocess, which would fork: that breaks under gRPC.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self._folder, "postgres")
            for parent in self._folder.parents:
                if parent.stat().st_uid == 0 and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        """Until it takes connections."""
        # What a test writes must outlive the server's processes, and not the machine.
        options = f"-p {self.port} -h 127.0.0.1 -k '' -c max_connections=200 -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", str(START_SECONDS),
                  "-o", options, "start")  # fmt: skip

    def stop(self) -> None:
        """At once, if it runs, as if it had crashed."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, name)
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        done = subprocess.run(
            [*self._as, str(self._binaries / program), *arguments], cwd=self._folder,
            check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{program} ({done.returncode}): {done.stdout}{done.stderr}")


def _binaries() -> Path | None:
    """Where Debian keeps the newest version's programs, or where the path has them."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3]
    )
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None
