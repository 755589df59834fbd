"""The real shortlist, loaded once: its encoder takes more than a second."""

from __future__ import annotations

import pytest

from services.domain.leakage.measure import LeakageMeter
from services.domain.shortlist import Shortlist


@pytest.fixture(scope="session")
def shortlist(request: pytest.FixtureRequest) -> Shortlist:
    """Keeps the fields' vectors in pytest's cache, where that is on, for the next run."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    return Shortlist.load(cache.mkdir("field-vectors") if cache else None)


@pytest.fixture(scope="session")
def meter(shortlist: Shortlist) -> LeakageMeter:
    return LeakageMeter(shortlist)
