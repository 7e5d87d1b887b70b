"""Every container with every kind of element under every use: a grid instead of chance.

PYTHONPATH=tests:tests/helpers python -m random_programs.grid [--on sound] [--in argument] [KIND ...]

Each cell is called six times with other elements and containers, one of them empty, compiled and
without a compiler.
Printed are the cells that differ, and whether torch alone differs there too.
"""

from __future__ import annotations

import argparse
import enum
import itertools
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from facts import plain
from rich.progress import track

import vartrack

__all__ = ["KINDS", "PLACES", "Cell", "cells", "differs"]

ONE = torch.ones(2)


class Same:
    """Equal to itself."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n})"


class Valued(Same):
    """Equal to others of the same number."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Valued) and self.n == other.n

    def __hash__(self) -> int:
        return hash(self.n)

    def __lt__(self, other: Valued) -> bool:
        return self.n < other.n


class Colour(enum.Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


def one() -> None: ...


def two() -> None: ...


def three() -> None: ...


_SAME = [Same(n) for n in range(3)]
_MODULES = [torch.nn.Linear(1, n + 1) for n in range(3)]
#: The elements: of each kind three.
ELEMENTS: dict[str, Callable[[int], Any]] = {
    "ints": lambda n: n,
    "texts": lambda n: "abc"[n],
    "objects": _SAME.__getitem__,
    "valued": Valued,
    "members": list(Colour).__getitem__,
    "tuples": lambda n: (n, "x"),
    "classes": [Same, Valued, Colour].__getitem__,
    "functions": [one, two, three].__getitem__,
    "none": [1, None, 0].__getitem__,
    "floats": [0.5, float("inf"), -0.0].__getitem__,
    "bools": [True, 1, 0].__getitem__,
    "fractions": lambda n: Fraction(n + 1, 3),
    "modules": _MODULES.__getitem__,
    "frozen sets": lambda n: frozenset([n]),
}


def _set_last(c: Any, e: Any) -> None:
    c[-1] = e


def _delete(c: Any, e: Any) -> None:
    if e in c:
        del c[e]


def _extended(c: Any, e: Any) -> None:
    c += [e]


def _joined(c: Any, e: Any) -> None:
    c |= {e}


#: What is asked of any container, and changes none.
_ASKED: dict[str, Callable[[Any, Any], Any]] = {
    "if": lambda c, e: 1 if c else 2,
    "not": lambda c, e: not c,
    "bool": lambda c, e: bool(c),
    "or else": lambda c, e: (c or e) is c,
    "any": lambda c, e: any([c]),
    "length": lambda c, e: len(c),
}
_OF_BOTH: dict[str, Callable[[Any, Any], Any]] = {
    "append": lambda c, e: c.append(e),
    "pop": lambda c, e: c.pop(),
    "remove": lambda c, e: c.remove(e),
    "index": lambda c, e: c.index(e),
    "count": lambda c, e: c.count(e),
    "in": lambda c, e: e in c,
    "last": _set_last,
    "extend": _extended,
    "reverse": lambda c, e: c.reverse(),
    "clear": lambda c, e: c.clear(),
    "copy": lambda c, e: (c.copy(), c.copy() is c),
    "equal": lambda c, e: c == type(c)([e]),
    "first": lambda c, e: c[0] is e,
}
_OF_LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "insert": lambda c, e: c.insert(1, e),
    "sum": lambda c, e: c + [e],  # noqa: RUF005
    "product": lambda c, e: c * 2,
    "slice": lambda c, e: c[1:],
    "sorted": lambda c, e: sorted(c),
    "max": lambda c, e: max(c),
    "text": lambda c, e: str(c),
    "set": lambda c, e: set(c),
    "tuple": lambda c, e: tuple(c),
}
_OF_DEQUES: dict[str, Callable[[Any, Any], Any]] = {
    "append to the left": lambda c, e: c.appendleft(e),
    "pop from the left": lambda c, e: c.popleft(),
    "rotate": lambda c, e: c.rotate(1),
    "list": lambda c, e: list(c),
}
_OF_SETS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda c, e: c.add(e),
    "discard": lambda c, e: c.discard(e),
    "remove": lambda c, e: c.remove(e),
    "in": lambda c, e: e in c,
    "or": lambda c, e: c | {e},
    "and": lambda c, e: c & {e},
    "minus": lambda c, e: c - {e},
    "either": lambda c, e: c ^ {e},
    "update": lambda c, e: c.update([e]),
    "joined": _joined,
    "shared": lambda c, e: c.intersection_update([e]),
    "within": lambda c, e: ({e} <= c, c.issubset([e]), c.isdisjoint([e])),
    "equal": lambda c, e: c == {e},
    "frozen": lambda c, e: frozenset(c),
    "clear": lambda c, e: c.clear(),
}
_OF_DICTS: dict[str, Callable[[Any, Any], Any]] = {
    "store": lambda c, e: c.__setitem__(e, 1),
    "store as value": lambda c, e: c.__setitem__("k", e),
    "get": lambda c, e: c.get(e, 7),
    "item": lambda c, e: c[e],
    "pop": lambda c, e: c.pop(e, None),
    "default": lambda c, e: c.setdefault(e, 9),
    "in": lambda c, e: e in c,
    "in values": lambda c, e: e in c.values(),
    "delete": _delete,
    "update": lambda c, e: c.update({e: 5}),
    "or": lambda c, e: c | {e: 3},
    "items": lambda c, e: list(c.items()),
    "last item": lambda c, e: c.popitem(),
    "copy": lambda c, e: c.copy(),
    "equal": lambda c, e: c == {e: 0},
    "without": lambda c, e: {k: v for k, v in c.items() if k != e},
    "keys": lambda c, e: c.keys() & {e},
    "reversed": lambda c, e: list(reversed(c)),
    "unpacked": lambda c, e: {**c, e: 4},
    "clear": lambda c, e: c.clear(),
    "if of a view": lambda c, e: [1 if view else 2 for view in (c.keys(), c.values(), c.items())],
}


def _numbered(elements: Iterable[Any]) -> dict[Any, int]:
    return {e: n for n, e in enumerate(elements)}


#: The containers: what makes one of its elements, and its uses.
KINDS: dict[str, tuple[Callable[[Iterable[Any]], Any], dict[str, Callable[[Any, Any], Any]]]] = {
    "list": (list, _ASKED | _OF_BOTH | _OF_LISTS),
    "deque": (deque, _ASKED | _OF_BOTH | _OF_DEQUES),
    "set": (set, _ASKED | _OF_SETS),
    "dict": (_numbered, _ASKED | _OF_DICTS),
    "OrderedDict": (lambda it: OrderedDict(_numbered(it)), _ASKED | _OF_DICTS),
    "defaultdict": (lambda it: defaultdict(int, _numbered(it)), _ASKED | _OF_DICTS),
    "Counter": (lambda it: Counter(_numbered(it)), _ASKED | _OF_DICTS),
}
PLACES = ("argument", "attribute")


@dataclass(frozen=True)
class Cell:
    """One container with one kind of element under one use."""

    kind: str
    use: str
    elements: str
    place: str = "argument"

    def run(self, registry: Any, compiled: bool = True) -> list[Any]:
        """What each call gave, and what the container was then."""
        make, uses = KINDS[self.kind]
        use, element, holder = uses[self.use], ELEMENTS[self.elements], Same(0)

        def called(x: Any, c: Any, e: Any) -> Any:
            return x + 1, use(c if self.place == "argument" else holder.held, e)

        torch._dynamo.reset()
        found = []
        with vartrack.use(registry):
            run = torch.compile(called, backend="eager") if compiled else called
            held = make([element(0), element(1)])
            for at, anew in ((2, None), (0, None), (1, (1, 2)), (1, None), (0, ()), (2, (1,))):
                if anew is not None:
                    held = make(map(element, anew))
                holder.held = held
                try:
                    result = run(ONE, held, element(at))[1]
                    found.append((plain(result), result is held, plain(held)))
                except Exception as error:
                    found.append((type(error).__name__, False, plain(held)))
        return found


def cells(kinds: Iterable[str] = KINDS, place: str = "argument") -> Iterator[Cell]:
    """All cells of the grid, kind by kind."""
    for kind in kinds:
        for use, elements in itertools.product(KINDS[kind][1], ELEMENTS):
            yield Cell(kind, use, elements, place)


def differs(cell: Cell, registry: Any) -> bool:
    """Whether the cell gives something else on ``registry`` than without a compiler."""
    return cell.run(registry) != cell.run(None, compiled=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=[*KINDS], metavar="KIND")
    parser.add_argument("--on", choices=["sound", "stock"], default="sound")
    parser.add_argument("--in", choices=PLACES, default="argument", dest="place")
    options = parser.parse_args()
    registry = getattr(vartrack, options.on)
    chosen, worse = [*cells(options.kinds, options.place)], 0
    wrong = [cell for cell in track(chosen) if differs(cell, registry)]
    for cell in wrong:
        as_torch = differs(cell, None)
        worse += not as_torch
        print(cell, "as on torch alone" if as_torch else "WORSE than torch alone")
    print(
        f"{len(chosen)} cells, {len(wrong)} differ on {options.on}, {worse} worse than torch alone"
    )
    return worse > 0


if __name__ == "__main__":
    raise SystemExit(main())
