"""What field is a goal from, and does a text speak that field's language."""
