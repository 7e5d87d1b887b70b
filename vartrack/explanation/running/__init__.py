"""Calls that are made, or watched, with everything written down."""
