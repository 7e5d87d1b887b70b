"""Fixtures for all tests: those that vartrack offers to everybody."""

pytest_plugins = ["vartrack.testing"]
