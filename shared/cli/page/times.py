"""Moments and spans of time as the page writes them."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def moment(stamp: Timestamp) -> str:
    """A moment to the minute, in UTC; empty for one that no calendar has."""
    try:
        return f"{stamp.ToDatetime():%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return ""


def lasted(start: Timestamp, end: Timestamp) -> str:
    """How long it took, in its two largest units: "2 h 5 min"; never less than nothing."""
    seconds = max(0.0, end.seconds - start.seconds + (end.nanos - start.nanos) / 1e9)
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return _two(whole, _MINUTE, "min", 1, "s")
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(whole, _DAY, "d", _HOUR, "h")


def _two(seconds: int, large: int, name: str, small: int, other: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large:,} {name}" + (f" {rest} {other}" if rest else "")
