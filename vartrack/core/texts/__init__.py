"""Values and types in messages."""
