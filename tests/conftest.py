"""Fixtures for all tests: those that vartrack offers to everybody; and what can be asked for."""

from __future__ import annotations

import pytest

pytest_plugins = ["vartrack.testing"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--all-samples``, for the sweep that is too long for every day."""
    parser.addoption(
        "--all-samples",
        action="store_true",
        help="compare every input that torch's own tests have for a module, not one for each "
        "mode; some 3,600 comparisons",
    )
