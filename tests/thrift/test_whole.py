"""What is made of all of a container, or of an enum member by its own methods, needs no graph each.

Each program is ours, after kinds of which the public trackers have reports: histories, metrics,
stages of a trainer, layers from the last.
"""

from __future__ import annotations

import collections
import copy
import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT, graphs_of_calls
from torch import nn

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

CALLS = 7


class Stage(str, enum.Enum):
    """A stage, which says what it is by a property and a method."""

    TRAIN = "train"
    VALIDATE = "validate"
    TEST = "test"

    @property
    def evaluating(self) -> bool:
        return self in (Stage.VALIDATE, Stage.TEST)

    def prefix(self, separator: str = "_") -> str:
        return self.value + separator


def _rates(n: int) -> dict[str, float]:
    return {f"k{number}": number * 7 % 5 + 0.5 for number in range(n)}


def _holding(n: int) -> list[Any]:
    inner: dict[str, Any] = {"a": [n, {"b": (n, f"t{n}")}], "c": {n}}
    tables = (collections.OrderedDict, collections.Counter)
    by_default = collections.defaultdict(list, a=[n] * n)
    return [inner, [[n], [[inner]]], by_default, *(table(a=n, b=1) for table in tables), {n}]


def _changed(x: Any, held: Any) -> Any:
    """Copies that are read when what they are of was changed."""
    items, names, ordered = list(held.items()), sorted(held), list(held.values())
    held["k0"], held["new"] = 9.0, 1.0
    for _, rate in items:
        x = x + rate
    ordered.append(3.0)
    return x, names[0], names, ordered, sum(held.values())


def _added_to(x: Any, held: Any) -> Any:
    """Lists that are added to a list from outside, and are changed after that."""
    items, more = held
    items.extend(more)
    more[0] = 9.0
    items += more
    return x * items[-1], list(items), tuple(items), items[-4:]


LAYERS = nn.ModuleList([nn.Linear(4, 4) for _ in range(5)])
#: By name a program, what it is called with at each call, and how many graphs are enough.
PROGRAMS: dict[str, tuple[Callable[..., Any], Callable[[int], Any], int]] = {
    "lists of a list": (lambda x, h: (x + 1, list(h), tuple(h), h[::-1]), lambda n: [*range(n)], 1),
    "list of a deque": (
        lambda x, h: (x + 1, list(h), list(h)[-1]),
        lambda n: collections.deque(range(n + 1), 3),
        1,
    ),
    "sorted": (
        lambda x, h: (x + 1, sorted(h), sorted(h, reverse=True)[0]),
        lambda n: [0.5, *(n * 7 % k for k in range(1, n + 1))],
        1,
    ),
    "lists of a dict": (
        lambda x, d: (x + 1, list(d), list(d.keys()), list(d.values()), list(d.items())),
        _rates,
        1,
    ),
    "sums of a dict": (
        lambda x, d: x * (sum(d.values()) / len(d)) + max(d.values()),
        lambda n: _rates(n + 1),
        2,
    ),
    "sum of a counter": (
        lambda x, d: x * d["a"] / sum(d.values()),
        lambda n: collections.Counter(a=n + 1, b=2 * n),
        3,
    ),
    "best key": (
        lambda x, d: (x + 1, max(d, key=d.get), min(d, key=d.get), sorted(d, key=d.get)[:2]),
        lambda n: _rates(n + 1),
        1,
    ),
    "index of the best": (
        lambda x, h: x + h.index(max(h)),
        lambda n: [n * 3 % 7 + 0.5, n * 5 % 7 + 0.25, 3.0],
        2,
    ),
    "how often": (
        lambda x, h: (x * h.count(2), h.count("a"), 1 if h.count(True) > 1 else 2),
        lambda n: [*[2] * (n + 2), "a"],
        2,
    ),
    "texts": (
        lambda x, h: (x + 1, ",".join(h), f"{h}", "%s" % h),  # noqa: UP031
        lambda n: [f"t{number}" for number in range(n)],
        1,
    ),
    "texts of what holds more": (
        lambda x, h: (x + 1, str(h), [str(h[at]) for at in range(6)], f"{h[0]}{h[2]}", repr(h[4])),
        _holding,
        1,
    ),
    "first and last keys": (
        lambda x, h: (x + 1, *(f(d) for f in (min, max) for d in h)),
        lambda n: [
            kind({f"k{n * 3 % 5}": 1, f"k{n * 2 % 7}": 2})
            for kind in (dict, collections.OrderedDict, collections.Counter)
        ],
        1,
    ),
    "what all of a type have": (
        lambda x, h: (
            [hasattr(v, name) for v in h for name in ("append", "is_integer", "nothing")],
            [getattr(v, "nothing", x) for v in h],
        ),
        lambda n: [[*range(n)], n + 0.5, f"t{n}", (n,)],
        1,
    ),
    "any and all": (
        lambda x, d: (x + 1 if any(d.values()) else x, all(d.values())),
        lambda n: {str(number): number != 2 for number in range(n + 2)},
        2,
    ),
    "layers from the last": (lambda x, n: LAYERS[-n](x), lambda n: n % 5 + 1, 2),
    "property of a member": (
        lambda x, s: x + 1 if s.evaluating else x * 2,
        lambda n: [*Stage][n % 3],
        2,
    ),
    "method of a member": (
        lambda x, s: (x + 1, s.prefix(), s.prefix("/")),
        lambda n: [*Stage][n % 3],
        1,
    ),
    "of what was changed": (_changed, lambda n: _rates(n % 3 + 1), 3),
    "of what was added to": (_added_to, lambda n: ([*range(n + 3)], [n + 0.5, n]), 2),
    "a number under a name": (
        lambda x, held: x * held[0][held[1]] + 1,
        lambda n: ({f"k{number}": number + 1.5 for number in range(CALLS)}, f"k{n}"),
        2,
    ),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_made_of_all_of_it(name: str, registry: Any) -> None:
    run, make, enough = PROGRAMS[name]
    assert graphs_of_calls(run, lambda number: (make(number),), registry, CALLS) <= enough


class Ordered:
    """What says itself which comes first."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __lt__(self, other: Any) -> bool:
        return bool(self.place > other.place)


#: What code of the program has a say in, or torch refuses: it is then as without the set.
OTHERS: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "order of its own": (
        lambda x, h: (x, [each.place for each in sorted(h)]),
        [[Ordered(1), Ordered(2)], [Ordered(3), Ordered(2)]],
    ),
    "numbers, then texts": (lambda x, h: (x, sorted(h)), [[2, 1], ["b", "a"], [1.5, 1]]),
    "numbers, then None": (lambda x, h: (x, str(h), any(h)), [[0], [None], [(), 1], [0.0]]),
    "objects that are counted": (
        lambda x, h: x + h.count(h[0]),
        [[Ordered(1), 2], [Ordered(2)] * 2, [0.0, 0, False, float("nan")]],
    ),
    "not there": (lambda x, h: x + h.index(3) if 3 in h else x, [[3], [1, 3], [1]]),
    "nan": (lambda x, h: (x * max(h), min(h)), [[0.5, 1.0], [float("nan"), 1.0], [2.0, 0.0]]),
    "tensors": (
        lambda x, d: x + sum(d.values()),
        [{"a": torch.ones(4)}, {"a": 1.5}, {"a": 2, "b": 1}],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_program_has_a_say_in(name: str) -> None:
    run, values = OTHERS[name]
    with vartrack.use(THRIFT):
        compiled = torch.compile(run, backend="eager")
        for held in values:
            assert repr(compiled(torch.ones(4), held)) == repr(run(torch.ones(4), held))


def test_a_container_that_is_another_one_as_well() -> None:
    def run(x: torch.Tensor, some: list[float], others: list[float]) -> Any:
        ordered = sorted(some)
        others.append(0.0)
        return x * sum(ordered), ordered, list(some)

    with vartrack.use(SOUND):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for number in range(6):
            both = [[3.0, 1.0, float(number)], [1.0]]
            beside = copy.deepcopy(both)
            want = run(torch.ones(4), beside[0], beside[number % 2])
            assert plain(compiled(torch.ones(4), both[0], both[number % 2])) == plain(want)
            assert both == beside


def test_a_method_of_a_member_that_is_replaced() -> None:
    class Mode(enum.Enum):
        A = 1
        B = 2

        def number(self) -> int:
            return int(self.value)

    run = lambda x, mode: x + mode.number()  # noqa: E731
    with vartrack.use(THRIFT):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        for mode in (Mode.A, Mode.B):
            assert torch.equal(compiled(torch.zeros(4), mode), run(torch.zeros(4), mode))
        Mode.number = lambda self: self.value * 10  # type: ignore[method-assign]
        assert torch.equal(compiled(torch.zeros(4), Mode.B), torch.full((4,), 20.0))
        Mode.B.number = lambda: 7  # type: ignore[method-assign]
        assert torch.equal(compiled(torch.zeros(4), Mode.B), torch.full((4,), 7.0))
