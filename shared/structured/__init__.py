"""Prompt and schema in, validated object out; how it was read is always said."""
