"""Fixtures for all tests: those that vartrack offers to everybody; and what can be asked for."""

from __future__ import annotations

import pytest

pytest_plugins = ["vartrack.testing"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--samples``, for a sweep that is too long for every day."""
    parser.addoption(
        "--samples",
        type=int,
        metavar="N",
        help="compare N of the inputs that torch's own tests have for each module in each mode, "
        "spread over all of them, instead of one; with 1000 that is all 3,600",
    )
