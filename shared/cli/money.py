"""Writes nano-USD as dollars, exactly: no amount is rounded, and an unknown one is not 0."""

from __future__ import annotations

NANO = 1_000_000_000
CENTS = 2


def decimals(nano_usd: int) -> int:
    """How many decimals `nano_usd` needs to be written exactly, at least two."""
    fraction = f"{abs(nano_usd) % NANO:09}".rstrip("0")
    return max(CENTS, len(fraction))


def dollars(nano_usd: int, places: int = CENTS) -> str:
    """`nano_usd` exactly, with at least `places` decimals: 1_200_000 is "$0.0012"."""
    whole, fraction = divmod(abs(nano_usd), NANO)
    shown = f"{fraction:09}"[: max(places, decimals(nano_usd))]
    sign = "-" if nano_usd < 0 else ""
    return f"{sign}${whole:,}.{shown}"
