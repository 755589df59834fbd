"""The analyst's variables."""

from shared.rpc.settings import ServiceSettings


class AnalystSettings(ServiceSettings):
    """What every service has; the analyst needs nothing more."""
