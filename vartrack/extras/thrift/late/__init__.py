"""Values that wait: they are not built, and not guarded, before something depends on them."""
