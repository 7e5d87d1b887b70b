"""Which visitor takes a value: by nearness, by the order of the registry, by tests."""
