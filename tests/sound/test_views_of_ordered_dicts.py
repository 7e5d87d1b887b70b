"""What ``keys``, ``values`` and ``items`` of an `OrderedDict` give: their types, and their texts."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
from facts import both_runs

ONE = torch.ones(2)


class Own(OrderedDict): ...


USES: dict[str, Any] = {
    "types": lambda v: [type(view).__name__ for view in (v.keys(), v.values(), v.items())],
    "texts": lambda v: (repr(v.keys()), repr(v.values()), repr(v.items())),
    "text of one made": lambda v: repr(type(v)(v).values()),
    "instances": lambda v: [isinstance(v.keys(), type({}.keys())), isinstance(v.items(), list)],
    "gone through": lambda v: ([*v.keys()], [*v.values()], list(v.items()), len(v.keys())),
    "from behind": lambda v: ([*reversed(v.keys())], [*reversed(v.values())]),
    "in": lambda v: ("a" in v.keys(), ("a", 1) in v.items(), 2 in v.values()),  # noqa: SIM118
    "combined": lambda v: sorted(v.keys() | {"z"}),
    "what they have": lambda v: (hasattr(v.keys(), "isdisjoint"), hasattr(v.values(), "sort")),
}


@pytest.mark.parametrize("cls", [OrderedDict, Own, dict])
@pytest.mark.parametrize("use", USES)
@pytest.mark.usefixtures("as_before")
def test_they_are_those_of_ordered_dicts(use: str, cls: type) -> None:
    def plan(wrap: Any) -> Any:
        f = wrap(lambda x, v: (x + 1, USES[use](v)))
        yield lambda: f(ONE, cls())
        yield lambda: f(ONE, cls(a=1, b=2.5))

    both_runs(plan, refuses=True)
