"""What a call costs, and the most that it can."""
