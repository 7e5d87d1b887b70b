"""Where torch reads what it does not guard: one module for each kind of fact."""
