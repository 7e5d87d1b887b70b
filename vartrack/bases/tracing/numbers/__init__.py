"""Numbers that vary: where Python gives something else for them than torch's graph."""
