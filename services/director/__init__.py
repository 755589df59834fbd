"""A goal becomes a team and a checked plan."""
