"""What the key of a constant or snapshot costs at every call is shown."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import torch

import vartrack
from vartrack import SnapshotVisitor


class Slow:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def registry() -> vartrack.Registry:
    registry = vartrack.stock.derive("slow keys")

    @registry.register
    class Slows(SnapshotVisitor):
        types = (Slow,)

        @staticmethod
        def key(value: Any) -> Any:
            time.sleep(value.seconds)
            return value.seconds

    return registry


def explained(seconds: float) -> vartrack.Explanation:
    with vartrack.use(registry()):
        return vartrack.explain(lambda x, v: x + len(v.__dir__()), torch.ones(1), Slow(seconds))


def test_the_cost_of_a_key_is_measured() -> None:
    """It grows with what the key does, and guards of torch's own have none."""
    costs = []
    for seconds in (0.0, 0.05):
        found = explained(seconds)
        _, guard = found.find("L['v']").guards
        assert guard.kind == "KEY_MATCH"
        assert guard.cost is not None
        costs.append(guard.cost)
        assert {guard.cost for guard in found.find("L['x']").guards} == {None}
    assert costs[0] < 5e7 <= costs[1]


def test_it_is_printed_and_given_to_programs() -> None:
    found = explained(0.05)
    _, guard = found.find("L['v']").guards
    assert guard.cost is not None
    text = " ".join(found.text(120, "guards").split())
    shown = re.search(r"KEY_MATCH v Slows.*? reads \S+key\(v\) == 0.05 of Slow: ([\d,.]+) µs", text)
    assert shown is not None, text
    assert abs(float(shown[1].replace(",", "")) - guard.cost / 1e3) <= 0.05
    values = json.loads(found.to_json())["compiles"][0]["values"]
    (value,) = [value for value in values if value["source"] == "L['v']"]
    assert value["guards"][1:] == [{"source": "L['v']", "kind": "KEY_MATCH", "cost": guard.cost}]


def test_a_program_without_keys_has_no_such_line() -> None:
    found = vartrack.explain(lambda x: x + 1, torch.ones(1))
    assert "reads" not in found.text(120, "guards")
