"""How many bytecode instructions a cold compile takes on a registry, over another.

The count does not depend on what else the machine does: it comes again to a few parts in a
thousand, for the LSTM to two in a hundred. What is done in C counts for nothing, so it tells where
Python's time goes and not how much time it is. The second compile in the same `use` is counted,
with a backend that does nothing: what is worked out once for each type is there by then. "own" is
the share of what stands in vartrack's files.

    python benchmarks/instructions.py [--on NAME] [--over NAME] [--lines N] [MODEL ...]
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
_OWN = str(Path(vartrack.__file__).parent)


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
    """``torch`` for its own builder, ``stock``, ``sound``, or what an extra makes of `stock`."""
    known = {"torch": None, "stock": vartrack.stock, "sound": vartrack.sound}
    if name in known:
        return known[name]
    registry = vartrack.stock.derive(name)
    getattr(vartrack.extras, name).register(registry)
    return registry


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--on", default="sound", help="stock, sound, or an extra (default sound)")
    parser.add_argument("--over", default="stock", help="the same, or torch (default stock)")
    parser.add_argument("--lines", type=int, default=10, help="functions shown (default 10)")
    figures.add_option(parser)
    options = parser.parse_args()
    sheet = figures.begin("instructions", on=options.on, over=options.over)
    registries = [registry_of(each) for each in (options.over, options.on)]
    table = Table("model", options.over, options.on, "ratio", "own")
    more = Counter[Place]()
    for name in track(options.models, console=Console(stderr=True)):
        call = MODELS[name]()
        under, other = (instructions(call, each) for each in registries)
        more.update(other)
        more.subtract(under)
        totals = under.total(), other.total()
        ratio = totals[1] / totals[0]
        own = sum(n for place, n in other.items() if place[0].startswith(_OWN)) / totals[1]
        found = (*totals, ratio, own)
        columns = (options.over, options.on, "ratio", "own")
        sheet.rows[name] = dict(zip(columns, found, strict=True))
        table.add_row(name, *(f"{total:,}" for total in totals), f"{ratio:.3f}", f"{own:.2%}")
    rows = sheet.rows.values()
    mean = statistics.geometric_mean(row["ratio"] for row in rows)
    share = statistics.mean(row["own"] for row in rows)
    table.add_row("mean", "", "", f"{mean:.3f}", f"{share:.2%}")
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
