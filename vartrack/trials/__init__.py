"""Trying what programs do with a value: which uses there are, what comes of them, how long."""
