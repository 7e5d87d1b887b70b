"""How many bytecode instructions a cold compile takes on a registry, over `vartrack.stock`.

The count does not depend on what else the machine does: it comes again to a few parts in a
thousand, for the LSTM to two in a hundred. What is done in C counts for nothing, so it tells where
Python's time goes and not how much time it is. The second compile in the same `use` is counted,
with a backend that does nothing: what is worked out once for each type is there by then.

    python benchmarks/instructions.py [--on NAME] [--lines N] [--json FILE] [MODEL ...]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import figures
import torch
from counting import Place, counted
from models import MODELS
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vartrack

_ROOTS = tuple(str(Path(module.__file__).parents[1]) + "/" for module in (torch, vartrack))


def instructions(call: Any, registry: Any) -> Counter[Place]:
    """What a cold compile of ``call`` on ``registry`` takes, by file and function."""
    function, args, kwargs = call
    with vartrack.use(registry), torch.no_grad():
        for count in (contextlib.nullcontext, counted):
            torch._dynamo.reset()
            compiled = torch.compile(function, backend="eager")
            with count() as found:
                compiled(*args, **kwargs)
    return found


def registry_of(name: str) -> Any:
    """``sound``, or what an extra or a set makes of `stock`."""
    if name == "sound":
        return vartrack.sound
    registry = vartrack.stock.derive(name)
    getattr(vartrack.extras, name).register(registry)
    return registry


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--on", default="sound", help="sound, or an extra; sound by default")
    parser.add_argument("--lines", type=int, default=10, help="functions shown (default 10)")
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("instructions", on=options.on)
    registry = registry_of(options.on)
    table = Table("model", "stock", options.on, "ratio")
    more = Counter[Place]()
    for name in track(options.models, console=Console(stderr=True)):
        call = MODELS[name]()
        stock, other = (instructions(call, each) for each in (vartrack.stock, registry))
        more.update(other)
        more.subtract(stock)
        totals = stock.total(), other.total()
        ratio = totals[1] / totals[0]
        sheet.rows[name] = dict(zip(("stock", options.on, "ratio"), (*totals, ratio), strict=True))
        table.add_row(name, *(f"{total:,}" for total in totals), f"{ratio:.3f}")
    mean = statistics.geometric_mean(row["ratio"] for row in sheet.rows.values())
    table.add_row("geometric mean", "", "", f"{mean:.3f}")
    Console().print(table)
    where = Table("what takes more", "instructions")
    for (file, function), count in more.most_common(options.lines):
        for root in _ROOTS:
            file = file.removeprefix(root)
        where.add_row(f"{file} {function}", f"{count:,}")
    Console().print(where)
    figures.write(sheet, options.json)


if __name__ == "__main__":
    main()
