"""Values that could change and must not: each use is tried on a copy."""
