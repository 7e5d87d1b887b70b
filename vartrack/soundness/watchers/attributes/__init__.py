"""Attributes: what an object has under a name, or has not, and what is never looked at."""
