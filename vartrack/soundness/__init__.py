"""Facts on which a trace relied and which torch does not guard: noted, and checked at every call."""
