"""Values, texts and keys that wait: nothing of them is guarded before something depends on them."""
