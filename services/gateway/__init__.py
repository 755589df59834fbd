"""The only room with a provider, a key, a price or a database."""
