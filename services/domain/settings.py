"""The domain service's variables."""

from __future__ import annotations

from pathlib import Path

from shared.rpc.settings import ServiceSettings


class DomainSettings(ServiceSettings):
    """What every service has, and where vectors are kept from one start to the next."""

    cache_dir: Path = Path(".attune/cache")
