"""Dicts, sets, lists and deques: what is in them, in which order, and under which keys."""
