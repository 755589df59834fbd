"""What takes a while to make is made when it is first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

Made = TypeVar("Made")


def made_once(make: Callable[[str], Made]) -> Callable[[str], Made]:
    """`make`, called once for each key, whichever threads ask; those who ask meanwhile wait."""
    made: dict[str, Made] = {}
    lock = Lock()

    def get(key: str) -> Made:
        if key not in made:
            with lock:
                if key not in made:
                    made[key] = make(key)
        return made[key]

    return get
