"""Containers that are only written to: what was in them before is not guarded."""
