"""A dict of which one key was read or written before another is written under a text that varies.

Each program is ours, after kinds of which the public trackers have reports: statistics of a trainer
by step, caches with a counter beside them, metrics with a prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from thrift_values import SOUND, THRIFT, graphs_of_calls

pytestmark = pytest.mark.usefixtures("fresh")

CALLS = 5


def _read(x: Any, d: Any, k: Any) -> Any:
    scale = d["scale"]
    d[f"step {k}"] = k
    return x * scale


def _list_inside(x: Any, d: Any, k: Any) -> Any:
    d["losses"].append(k)
    d[f"step {k}"] = k
    return x + 1


def _counted(x: Any, d: Any, k: Any) -> Any:
    d["count"] += 1
    d[f"step {k}"] = d["count"]
    d[f"last {k}"] = k
    return x + 1, d["count"]


def _tensor(x: Any, d: Any, k: Any) -> Any:
    d["sum"] = d["sum"] + x
    d[f"step {k}"] = x * 2
    return d["sum"] * 1


def _missing(x: Any, d: Any, k: Any) -> Any:
    scale = d.get("missing", 2.0)
    d[f"step {k}"] = scale
    return x * scale, "stop" in d


def _same(x: Any, d: Any, k: Any) -> Any:
    before = d["scale"]
    d[f"{k}"] = 7.0
    return x * before + d["scale"]


def _whole(x: Any, d: Any, k: Any) -> Any:
    scale = d["scale"]
    d[f"step {k}"] = k
    return x * scale, [*d], len(d), list(d.values())


def _whole_after_writing(x: Any, d: Any, k: Any) -> Any:
    d["count"] = 5
    d["new"] = d["scale"]
    d[f"step {k}"] = k
    return x + 1, [*d.items()]


def _taken(x: Any, d: Any, k: Any) -> Any:
    scale = d["scale"]
    d.pop("count")
    return x * scale, [*d]


def _taken_and_written(x: Any, d: Any, k: Any) -> Any:
    d["new"] = 1
    d.pop("count")
    d[f"step {k}"] = k
    return x + 1, [*d], len(d)


def _in_turn(x: Any, d: Any, k: Any) -> Any:
    scale = d["scale"]
    d[f"step {k}"] = k
    d["count"] = d["count"] + 1
    del d["losses"]
    return x * scale, d["count"]


#: By name a program, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Callable[..., Any], int]] = {
    "read": (_read, 1),
    "a list inside": (_list_inside, 1),
    "counted": (_counted, 2),
    "a tensor": (_tensor, 1),
    "missing": (_missing, 1),
    "in turn": (_in_turn, 2),
    "the same": (_same, 2),
    "whole": (_whole, CALLS),
    "whole after writing": (_whole_after_writing, CALLS),
    "taken": (_taken, 1),
    "taken and written": (_taken_and_written, CALLS),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_text_that_varies_takes_no_graph_for_each(name: str, registry: Any) -> None:
    run, enough = PROGRAMS[name]

    def values(number: int) -> tuple[Any, ...]:
        held = {"scale": 2.0, "count": number, "losses": [], "sum": torch.ones(4)}
        return held, "scale" if name == "the same" and number % 2 else number

    assert graphs_of_calls(run, values, registry, CALLS) <= enough
