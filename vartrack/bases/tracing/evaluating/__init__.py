"""Running code while tracing: its results, what it reads, and what torch asks a value for."""
