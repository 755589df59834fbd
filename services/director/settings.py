"""The director's variables."""

from shared.rpc.settings import ServiceSettings


class DirectorSettings(ServiceSettings):
    """What every service has; the director needs nothing more."""
