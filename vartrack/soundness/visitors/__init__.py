"""Visitors that see what torch's own builder passes over."""
