"""Whether two are one object, or equal, and what their hashes are."""
