"""One compile: its guards, why it ended early, and why it did not do for the next call."""
