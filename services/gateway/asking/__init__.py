"""One call to a model from its arrival to its outcome."""
