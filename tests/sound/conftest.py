"""Every fact is tried with and without torch's shortcut for unchanged dicts of modules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch._dynamo import config


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "first_answer: what the trace itself gets right, whichever guards are run later"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    once = metafunc.definition.get_closest_marker("first_answer") is not None
    ways = {"flat": False} if once else {"flat": False, "recursive": True}
    metafunc.parametrize("tags", ways.values(), ids=ways, indirect=True)


@pytest.fixture(autouse=True)
def tags(request: pytest.FixtureRequest) -> Iterator[None]:
    """The second of the ways in which torch passes by what did not change, off and on."""
    with config.patch(use_recursive_dict_tags_for_guards=request.param):
        yield
