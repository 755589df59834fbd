"""The real shortlist, loaded once: its encoder takes more than a second."""

from __future__ import annotations

import pytest

from services.domain.leakage.measure import LeakageMeter
from services.domain.settings import DomainSettings
from services.domain.shortlist import Shortlist


@pytest.fixture(scope="session")
def shortlist() -> Shortlist:
    """With the vectors that `make setup` has put into the user's cache."""
    return Shortlist.load(DomainSettings().cache_dir)


@pytest.fixture(scope="session")
def meter(shortlist: Shortlist) -> LeakageMeter:
    return LeakageMeter(shortlist)
