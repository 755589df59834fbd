"""Starts a service so that it does not outlive the command that started it.

Run by its path, without site-packages: python -I -S child.py PARENT_PID COMMAND...
It asks Linux to send SIGTERM when the parent dies however it dies, then becomes COMMAND:
the request survives exec. Elsewhere it only becomes COMMAND. Asked for here and not
between fork and exec, since that is unsafe once the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; see prctl(2)."""


def become(parent: int, command: list[str]) -> None:
    """Replaces this process by `command`, bound to the process `parent`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request was made
            sys.exit(os.EX_TEMPFAIL)
    os.execv(command[0], command)  # noqa: S606 the command is ours, from system.py


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
