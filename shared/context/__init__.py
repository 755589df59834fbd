"""The neutral prompt builder."""
