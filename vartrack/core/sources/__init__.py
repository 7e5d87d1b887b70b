"""Places that torch has no source for."""
