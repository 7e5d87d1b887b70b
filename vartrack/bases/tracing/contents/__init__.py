"""What a value holds: where it is stored, and what guards it."""
