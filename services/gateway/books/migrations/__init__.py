"""The journal's schema over time; run by the gateway when it starts."""
