"""What it costs to find the visitor of a value.

For one value of each family: `table[type(value)]` and the tests of its route, next to a lookup in
a plain dict and to multipledispatch's own ``Dispatcher.__call__``. Printed: the median of the
ratios to the plain dict over interleaved rounds.

    python benchmarks/routing.py [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import enum
import functools
import itertools
import re
import statistics
import timeit
from collections.abc import Callable
from typing import Any

import figures
import numpy as np
import torch
from multipledispatch import Dispatcher
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vartrack


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int = 1


class Plain:
    pass


Point = collections.namedtuple("Point", "x y")

#: One value of each family.
VALUES: dict[str, Any] = {
    "int": 7,
    "str": "text",
    "list": [1],
    "tuple": (1,),
    "named tuple": Point(1, 2),
    "dict": {"a": 1},
    "dict subclass": collections.Counter("ab"),
    "set": {1},
    "range": range(3),
    "iterator": itertools.count(),
    "tensor": torch.ones(1),
    "parameter": torch.nn.Parameter(torch.ones(1)),
    "array": np.ones(1),
    "nn module": torch.nn.Linear(1, 1),
    "function": lambda x: x,
    "builtin": len,
    "torch function": torch.add,
    "partial": functools.partial(len),
    "class": Plain,
    "object": Plain(),
    "frozen dataclass": Frozen(),
    "enum member": Color.RED,
    "context manager": contextlib.nullcontext(),
    "regular expression": re.compile("a"),
    "python module": re,
}


def per_call(call: Callable[[], Any], number: int) -> float:
    """Nanoseconds of one call."""
    return timeit.timeit(call, number=number) / number * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds (default 15)")
    figures.add_option(parser)
    options = parser.parse_args()
    rounds = options.rounds
    found = figures.begin("routing", rounds=rounds)
    routes = vartrack.stock.frozen().table("visit_sourced")
    plain: dict[type, Any] = {type(value): object() for value in VALUES.values()}
    dispatcher = Dispatcher("benchmark")
    for cls in plain:
        dispatcher.add((cls,), lambda value: value)

    table = Table(title=f"routing one value, torch {torch.__version__}; ratios to a plain dict")
    for column in ("value", "plain dict ns", "vartrack", "tests", "Dispatcher.__call__"):
        table.add_column(column, justify="left" if column == "value" else "right")
    number = 5000
    screen = Console(stderr=True)
    for name, value in track(VALUES.items(), description="routing", console=screen):
        calls: dict[str, Callable[[], Any]] = {
            "dict": lambda value=value: plain[type(value)],
            "vartrack": lambda value=value: routes[type(value)].pick(value),
            "dispatcher": lambda value=value: dispatcher(value),
        }
        times: dict[str, list[float]] = {key: [] for key in calls}
        for _ in range(rounds):
            for key, call in calls.items():
                times[key].append(per_call(call, number))
        ratio = {
            key: statistics.median(b / a for a, b in zip(times["dict"], taken, strict=True))
            for key, taken in times.items()
        }
        lookup = statistics.median(times["dict"])
        found.rows[name] = {
            "plain dict ns": lookup,
            "vartrack, over a plain dict": ratio["vartrack"],
            "Dispatcher.__call__, over a plain dict": ratio["dispatcher"],
        }
        table.add_row(
            name,
            f"{lookup:.0f}",
            f"{ratio['vartrack']:.1f}",
            str(len(routes[type(value)].tests)),
            f"{ratio['dispatcher']:.1f}",
        )
    Console().print(table)
    figures.write(found, options.json)


if __name__ == "__main__":
    main()
