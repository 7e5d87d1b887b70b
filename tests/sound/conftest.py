"""Every fact is tried with and without torch's shortcut for unchanged dicts of modules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch._dynamo import config


@pytest.fixture(autouse=True, params=[False, True], ids=["flat", "recursive"])
def tags(request: pytest.FixtureRequest) -> Iterator[None]:
    """The second of the ways in which torch passes by what did not change, off and on."""
    with config.patch(use_recursive_dict_tags_for_guards=request.param):
        yield
