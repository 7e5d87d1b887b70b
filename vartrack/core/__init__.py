"""Read first: what a visitor is, what it is told, and the steps around a visit."""
