"""A goal becomes tasks."""
