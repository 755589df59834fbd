"""The domain service's variables."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from shared.rpc.settings import ServiceSettings


def _user_cache() -> Path:
    """Where this user's caches are, after the XDG base directory specification."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "attune"


class DomainSettings(ServiceSettings):
    """What every service has, and where vectors are kept from one start to the next."""

    cache_dir: Path = Field(default_factory=_user_cache)
