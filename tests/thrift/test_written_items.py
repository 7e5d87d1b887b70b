"""Items that the traced code itself changes, `counts["step"] += 1`: symbols from then on."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT

import vartrack
from vartrack.compat import runs_on

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.ones(2)


def _plus(held: Any) -> None:
    held["n"] += 1


def _got(held: Any) -> None:
    held["n"] = held.get("n", 0) + 1


def _default(held: Any) -> None:
    held.setdefault("n", 0)
    held["n"] += 1


def _caught(held: Any) -> None:
    try:
        held["n"] += 1
    except KeyError:
        held["n"] = 1


def _tested(held: Any) -> None:
    if "n" in held:
        held["n"] += 1
    else:
        held["n"] = 1


def _halved(held: Any) -> None:
    held["n"] = held.get("n", 1.0) * 0.5


def _two(held: Any) -> None:
    held["n"], held["m"] = held.get("n", 1) + held.get("m", 2), held.get("n", 1) * 2


class Table(dict):
    pass


KINDS: dict[str, Callable[..., Any]] = {
    "dict": dict,
    "defaultdict": lambda **items: collections.defaultdict(int, items),
    "Counter": collections.Counter,
    "OrderedDict": collections.OrderedDict,
    "own": Table,
}
WAYS = (_plus, _got, _default, _caught, _tested, _halved, _two)
#: Up to 2.11 torch takes a Counter for one.
BY_PLACE = {"own"} if runs_on(">=2.12") else {"own", "Counter"}
#: What it takes where the item is there, and where it comes to be there in the first call.
GRAPHS = {"there": 1, "not there": 2}


def _runs(held: Any, way: Any, compiled: Callable[[Any], Any]) -> list[Any]:
    def step(x: torch.Tensor) -> Any:
        way(held)
        return x * held["n"]

    run = compiled(step)
    return [plain((run(X), dict(held))) for _ in range(6)]


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["stock", "sound"])
@pytest.mark.parametrize("begins", GRAPHS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_item_that_is_changed_is_a_symbol_at_once(
    kind: str, way: Any, begins: str, registry: Any
) -> None:
    make = KINDS[kind]
    if begins == "not there" and way is _plus and kind not in {"defaultdict", "Counter"}:
        return  # Python raises
    items: dict[str, Any] = {"n": 1.0 if way is _halved else 1} if begins == "there" else {}
    if way is _two and items:
        items["m"] = 5
    want = _runs(make(**items), way, lambda function: function)
    found = {}
    for name, used in (("torch", None), ("thrift", registry)):
        torch._dynamo.reset()
        counting = Counting()
        compiled = functools.partial(torch.compile, backend=counting, fullgraph=True)
        with vartrack.use(used):
            assert _runs(make(**items), way, compiled) == want
        found[name] = counting.graphs
    # keys of a class of the program's own are found by their place, as by torch
    by_name = kind == "dict" or not (kind in BY_PLACE or way is _two)
    assert found["thrift"] <= (GRAPHS[begins] if by_name else found["torch"])


def test_items_of_a_list_are_symbols_at_once() -> None:
    def runs(compiled: Any) -> list[Any]:
        held = [0, 0.5, "kept"]

        def step(x: torch.Tensor) -> Any:
            held[0] += 1
            held[1] *= 0.9
            return x * held[1] + held[0], held[2]

        run = compiled(step)
        return [plain((run(X), list(held))) for _ in range(6)]

    counting = Counting()
    with vartrack.use(THRIFT):
        have = runs(lambda f: torch.compile(f, backend=counting, fullgraph=True))
    assert have == runs(lambda f: f)
    assert counting.graphs == 1


def test_a_number_that_has_to_be_one_number_compiles_as_often_as_on_torch() -> None:
    """It is an index of a list here, which takes no symbol."""

    def runs(compiled: Any) -> list[Any]:
        held, rows = {"at": 0}, [X, X + 1, X + 2, X + 3]

        def step(x: torch.Tensor) -> Any:
            held["at"] += 1
            return x + rows[held["at"] % 4]

        run = compiled(step)
        return [plain(run(X)) for _ in range(4)]

    want = runs(lambda f: f)
    graphs = []
    for registry in (None, THRIFT):
        torch._dynamo.reset()
        counting = Counting()
        with vartrack.use(registry):
            found = runs(
                lambda f, counting=counting: torch.compile(f, backend=counting, fullgraph=True)
            )
            assert found == want
        graphs.append(counting.graphs)
    assert graphs[1] <= graphs[0]
