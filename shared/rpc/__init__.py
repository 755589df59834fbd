"""Servers, channels, deadlines, errors, health and reflection."""
