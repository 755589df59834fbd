"""A provider without a model: offline, repeatable, and it says what it was told."""

from services.gateway.mock.provider import MockProvider

__all__ = ["MockProvider"]
