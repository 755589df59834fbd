"""Answers that were recorded earlier, given again."""
