"""The attune command: a client like any other, and `up`."""
