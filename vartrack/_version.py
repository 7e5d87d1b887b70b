"""The version of vartrack, kept apart so that building a package imports no torch."""

__version__ = "0.1.0"
