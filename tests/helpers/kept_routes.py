"""The routes of many types, as names: what must not change while the order is told in other words.

``python tests/helpers/kept_routes.py`` writes them for the running torch, to ``kept_routes/2.13.json`` and
its like; `test_kept_routes` holds the code to them.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import order_values
from made_rows import CASES
from order_rules import RULES
from public_objects import MODULES, public_objects
from rows import ROWS, Example

import vartrack
from vartrack import compat
from vartrack.dispatch.mro import name_of

HALVES = ("visit_sourced", "visit_sourceless", "visit_traced")
RUNNING = f"{compat.RUNNING.major}.{compat.RUNNING.minor}"
FILE = Path(__file__).parent / "kept_routes" / f"{RUNNING}.json"


def examples() -> Iterator[Example]:
    """Those of the rows, of the made rows and of the order rules of this release."""
    for half in ("sourced", "sourceless"):
        for row in ROWS[half]:
            if row["example"] and RUNNING not in row["absent_in"]:
                yield Example.read(row["example"])
    yield from (case.example for case in CASES.values())
    yield from (rule.example for rule in RULES.values())


def types_met() -> Iterator[type]:
    """The types of all examples and public objects, and the public classes themselves."""
    for example in examples():
        with contextlib.suppress(Exception), example.configured():
            yield type(example.value())
    order_values.forget()
    for module in MODULES:
        for value in public_objects(module).values():
            yield type(value)
            if isinstance(value, type):
                yield value


def routes() -> dict[str, dict[str, list[str]]]:
    """For each half the types, by name, of each route; a route is the names of its visitors.

    A type is left out if its name has no meaning elsewhere: it is made by a function.
    """
    frozen = vartrack.stock.frozen()
    found: dict[str, dict[str, set[str]]] = {half: {} for half in HALVES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        met = {cls for cls in types_met() if issubclass(type(cls), type)}
    for half in HALVES:
        for cls in met:
            route = frozen.route(half, cls)
            names = [*(f"{test.name}?" for test in route.tests)]
            names.append(route.visitor.name if route.visitor else "nothing")
            found[half].setdefault(" ".join(names), set()).add(name_of(cls))
    return {
        half: {route: sorted(types) for route, types in sorted(by_route.items())}
        for half, by_route in found.items()
    }


def as_text(found: Any) -> str:
    """A route a line, so that a change can be read."""
    return json.dumps(found, indent=1) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(as_text(routes()))
