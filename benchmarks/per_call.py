"""What a call of a compiled function costs that uses one part of a large value of a user's type.

The value has 200 fields, or is one that C code works on, and is of a type of a ready-made set. The
graph does next to nothing, so what is timed is the guards. Each is held against torch alone on the
same program; where torch alone breaks the graph, against the program on the part as a plain
argument. Torch alone is "stale" where it has no guard and gives the same answer for another value.
Both are called in turn.

    python benchmarks/per_call.py [--rounds N] [--calls N] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import statistics
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import attrs
import figures
import immutabledict
import msgspec
import omegaconf
import pydantic
import torch
from rich.console import Console
from rich.table import Table
from torch._dynamo.exc import Unsupported

import vartrack
import vartrack.extras

NAMES = [f"f{number}" for number in range(200)]
#: A call may cost so much of torch's own at the median of all rows, and so much in any.
MEDIAN, MOST = 1.2, 1.5

PydanticModel: Any = pydantic.create_model("PydanticModel", **dict.fromkeys(NAMES, (int, 3)))
MsgspecStruct: Any = msgspec.defstruct("MsgspecStruct", [(name, int, 3) for name in NAMES])
Attrs: Any = attrs.make_class("Attrs", {name: attrs.field(default=3) for name in NAMES}, slots=True)
Dataclass: Any = dataclasses.make_dataclass("Dataclass", [(name, int, 3) for name in NAMES])


def flat(n: int) -> Any:
    return omegaconf.OmegaConf.create({**dict.fromkeys(NAMES, 3), "f7": n})


def nested(n: int) -> Any:
    """Ten groups of twenty, with a field that refers to another group."""
    group = {**dict.fromkeys(NAMES[:20], 3), "f7": n}
    whole = {f"g{number}": dict(group) for number in range(10)}
    return omegaconf.OmegaConf.create({**whole, "other": {"f7": "${g3.f7}"}})


@dataclass
class Sort:
    """A sort of values: how one is made of its part, how it is used, and that use of the part."""

    make: Callable[[int], Any]
    use: Callable[[torch.Tensor, Any], Any]
    use_part: Callable[[torch.Tensor, Any], Any] = lambda x, part: x * part


SORTS = {
    "pydantic": Sort(lambda n: PydanticModel(f7=n), lambda x, v: x * v.f7),
    "omegaconf, flat": Sort(flat, lambda x, v: x * v.f7),
    "omegaconf, nested": Sort(nested, lambda x, v: x * v.g3.f7),
    "omegaconf, interpolated": Sort(nested, lambda x, v: x * v.other.f7),
    "msgspec": Sort(lambda n: MsgspecStruct(f7=n), lambda x, v: x * v.f7),
    "attrs": Sort(lambda n: Attrs(f7=n), lambda x, v: x * v.f7),
    "dataclass": Sort(lambda n: Dataclass(f7=n), lambda x, v: x * v.f7),
    "Decimal": Sort(
        Decimal, lambda x, v: x * 2 if v > 2 else x, lambda x, part: x * 2 if part > 2 else x
    ),
    "date": Sort(lambda n: datetime.date(2020, 1, n), lambda x, v: x * v.day),
    "Path": Sort(
        lambda n: PurePosixPath(f"/data/part-{n}"),
        lambda x, v: x * 2 if v.name == "part-3" else x,
        lambda x, part: x * 2 if part == 3 else x,
    ),
    "mapping": Sort(
        lambda n: immutabledict.immutabledict({**dict.fromkeys(NAMES, 3), "f7": n}),
        lambda x, v: x * v["f7"],
    ),
}
#: The part of the value that is called with again and again, and another one.
PART, OTHER = 3, 2
X = torch.ones(2)


@dataclass
class Side:
    """A program on an argument, compiled in a context, and its calls that were timed."""

    program: Callable[[torch.Tensor, Any], Any]
    argument: Any
    context: Callable[[], contextlib.AbstractContextManager[Any]]
    call: Callable[..., Any] = lambda: None
    microseconds: list[float] = dataclasses.field(default_factory=list)

    def compile(self) -> None:
        """Compile it anew, apart from others of the same code."""
        code = self.program.__code__.replace()
        own = types.FunctionType(code, self.program.__globals__)
        self.call = torch.compile(own, backend="eager", fullgraph=True)
        with self.context():
            for _ in range(20):
                self.call(X, self.argument)

    def notices(self, other: Any) -> bool:
        """Whether the answer is right for another argument as well."""
        self.compile()
        with self.context():
            assert torch.equal(self.call(X, self.argument), self.program(X, self.argument))
            return torch.equal(self.call(X, other), self.program(X, other))

    def run(self, calls: int) -> None:
        call, argument = self.call, self.argument
        with self.context():
            call(X, argument)
            start = time.perf_counter_ns()
            for _ in range(calls):
                call(X, argument)
            self.microseconds.append((time.perf_counter_ns() - start) / calls / 1e3)


def sides(sort: Sort, registry: vartrack.Registry) -> tuple[Side, Side, str]:
    """With vartrack, what it is held against, and what that is."""
    ours = Side(sort.use, sort.make(PART), lambda: vartrack.use(registry))
    assert ours.notices(sort.make(OTHER))
    theirs = Side(sort.use, sort.make(PART), contextlib.nullcontext)
    try:
        against = "torch alone" if theirs.notices(sort.make(OTHER)) else "torch alone, stale"
    except Unsupported:
        theirs = Side(sort.use_part, PART, contextlib.nullcontext)
        against = "its part alone"
    torch._dynamo.reset()
    for side in (ours, theirs):
        side.compile()  # for this value alone
    return ours, theirs, against


def measure(rounds: int, calls: int) -> Iterator[tuple[str, str, Side, Side]]:
    """Each sort with what it is held against, both sides timed."""
    registry = vartrack.stock.derive("benchmark")
    for name in vartrack.extras.NAMES:
        vartrack.extras.load(name).register(registry)
    for name, sort in SORTS.items():
        ours, theirs, against = sides(sort, registry)
        with torch._dynamo.config.patch(error_on_recompile=True):
            for number in range(rounds):
                for side in (ours, theirs) if number % 2 else (theirs, ours):
                    side.run(calls)
        yield name, against, ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100, help="blocks of calls (default 100)")
    parser.add_argument("--calls", type=int, default=50, help="calls in each (default 50)")
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("per_call", rounds=options.rounds, calls=options.calls)
    about = f"torch {torch.__version__}, {options.rounds} rounds of {options.calls} calls"
    table = Table(title=f"one call, {about}")
    table.add_column("one part of")
    table.add_column("against")
    for column in ("vartrack µs", "against µs", "ratio"):
        table.add_column(column, justify="right")
    for name, against, ours, theirs in measure(options.rounds, options.calls):
        pairs = zip(ours.microseconds, theirs.microseconds, strict=True)
        ratio = statistics.median(one / other for one, other in pairs)
        a, b = statistics.median(ours.microseconds), statistics.median(theirs.microseconds)
        table.add_row(name, against, f"{a:.1f}", f"{b:.1f}", f"{ratio:.2f}")
        sheet.rows[name] = {"vartrack, µs": a, "against, µs": b, "ratio": ratio}
    console = Console()
    console.print(table)
    ratios = {name: row["ratio"] for name, row in sheet.rows.items()}
    console.print(f"median {statistics.median(ratios.values()):.2f}, aimed at {MEDIAN} at most")
    for limit in (MEDIAN, MOST):
        over = [name for name, ratio in ratios.items() if ratio > limit]
        console.print(f"over {limit}: {'; '.join(over) or 'none'}", soft_wrap=True)
    figures.write(sheet, options.json)


if __name__ == "__main__":
    main()
