"""Values that are known while tracing: what they are, what changed, and which object it is."""
