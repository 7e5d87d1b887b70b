"""What a value holds: where it is stored, what guards it, and what is put away in it."""
