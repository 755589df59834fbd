"""Options of the tests that can be held against a system that runs already."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target", action="append", default=[], metavar="SERVICE=HOST:PORT",
        help="hold the scenario against this running service; repeatable, for all four",
    )  # fmt: skip
