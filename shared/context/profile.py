"""What every service calls the same about a goal's field."""

UNKNOWN_DOMAIN = "unknown"
"""The domain of a goal that names no field."""

PROFILE_CONTRADICTS_GOAL = "PROFILE_CONTRADICTS_GOAL"
"""Reason of the error when a profile is of another field than its goal, by all that is known."""
