"""Projects: a plan becomes finished, reviewed work, whatever happens on the way."""
