"""The pre-production test: a scenario file, what a run measures, gates and the verdict."""
