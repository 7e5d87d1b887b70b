"""What a program does with a snapshot: reading gives the very same objects as in eager, a change
breaks the graph and happens once, and what is made while tracing may change."""

from __future__ import annotations

import collections
import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch._dynamo
from places import assert_alike, compare_with_eager
from snapshot_values import NODES, Node, nodes, registry_with
from torch._dynamo.exc import Unsupported

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


def program(text: str) -> Callable[..., Any]:
    """The function of ``x``, ``n`` and ``m`` that is written in ``text``."""
    *before, last = text.split("; ")
    body = "\n ".join([*before, last if last.startswith("return") else f"return {last}"])
    scope: dict[str, Any] = {"torch": torch, "copy": copy, "Node": Node, "len_": len}
    exec(f"def f(x, n, m):\n {body}", scope)
    return scope["f"]  # type: ignore[no-any-return]


def outcome(run: Callable[..., Any]) -> Any:
    """What a program gives or raises, which of its objects were given, and their state after."""
    n, m = nodes()
    given = {"n": n, "m": m, "kids": n.kids, "table": n.table, "a": n.table["a"], "b": n.table["b"]}
    given |= {"k0": n.kids[0], "k1": n.kids[1], "m0": m.kids[0], "p1": n.pair[1], "vars": vars(n)}
    names = {id(value): name for name, value in given.items()}

    def described(value: Any) -> Any:
        name = names.get(id(value))
        if name is not None:
            return name
        if isinstance(value, (list, tuple)):
            return type(value).__name__, [described(item) for item in value]
        if isinstance(value, dict):
            return {key: described(item) for key, item in value.items()}
        if isinstance(value, set):
            return "set", sorted(map(str, value))
        return type(value).__name__, str(value)

    try:
        result = described(run(X.clone(), n, m))
    except Unsupported:
        raise
    except Exception as error:
        result = type(error).__name__, str(error)
    return result, repr(n), repr(m), repr(vars(n)), repr(vars(m))


# reading


READING = """
n.number, n.tenfold, n.number.__add__(1)
n.kid
n.last()
n.itself()
n.everything()
list(n.pairs()), [number for kid, number in n.pairs()]
n.table, n.table["a"], n.table["b"]["c"], "a" in n.table, n.table.get("z", 2)
n.pair, n.pair[1], n.pair[0]
list(n.table), n.table.keys() | {"z"}, list(n.table.values()), dict(n.table.items())
n.kids, n.kids[0], n.kids[:1], n.kids + [1], n.kids.copy(), n.kids * 2, len(n.kids)
sorted(n.table), sum(n.table["a"]), max(n.table["a"]), [*n.table["a"]], n.table | {"z": 1}
[kid.number for kid in n], list(n), tuple(n), n[0], n[-1].kids[0].number, len(n)
[i for i, kid in enumerate(n)], list(map(len, n)), list(zip(n.kids, n.table["a"])), next(iter(n))
n == m, n == n, n != m, n == 3, n in [m, n]
n.kids[0] is n.kid, n.kids is n.kids, n.best is n.kids[0], n.best is n.kids[1], n is n, n is None
n is m
n.first_of(m), n.first_of(n)
max(n.kids, key=len_), max([n, m], key=len_), sorted([n, m], key=len_), min(n.kids, key=repr)
n if len(n) else m, n or m, not n, bool(n)
max(n.kids, key=lambda kid: kid.number).number
n.scaled(x), Node.scaled(n, x), x * n.number + n.table["a"][0]
n.apply(lambda number: number + 1), n.apply(float)
isinstance(n, Node), type(n) is Node, type(n).__name__, n.__class__ is Node, callable(n)
isinstance(n.kids, list), isinstance(n.table, dict), type(n.pair) is tuple
x.view(n.pair[1] + [2]), torch.zeros(n.table["a"]).shape
f"{n.number} {n.pair}", f"{n}", repr(n), str(n)
getattr(n, "nothing", 3), hasattr(n, "number"), hasattr(n, "nothing")
(n, n), [n, m, n.kids], {"a": n}
vars(n), vars(n)["number"], n.__dict__
copy.copy(n).number, copy.deepcopy(n).kids[0].number
Node(7).number, Node(7, (n,)).kids[0]
c = copy.copy(n); c.number = 8; return c.number, n.number
""".strip().splitlines()


@pytest.mark.parametrize("text", READING)
def test_reading_gives_what_eager_gives_and_the_very_same_objects(text: str) -> None:
    function = program(text)
    with vartrack.use(NODES):
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        assert outcome(compiled) == outcome(function)


class Lines(collections.UserDict[str, Any]):
    """A mapping that is written in Python, with views of its own."""


def test_views_of_a_mapping() -> None:
    def function(x: torch.Tensor, lines: Lines) -> Any:
        pairs = [(key, len(value)) for key, value in lines.items()]
        keys = lines.keys()
        return x + len(lines), pairs, list(keys), "a" in keys, list(lines.values()), lines["a"]

    values = [Lines(a=[1], b=[2]), Lines(a=[1], b=[2]), Lines(a=[])]
    assert compare_with_eager(registry_with(Lines), function, values) == 2


def test_a_mapping_is_unpacked_into_keyword_arguments() -> None:
    def function(x: torch.Tensor, lines: Lines) -> Any:
        return x.sum(**lines), dict(**lines), {**lines}

    values = [Lines(dim=0, keepdim=True), Lines(dim=0)]
    assert compare_with_eager(registry_with(Lines), function, values) == 2


def test_an_address_is_not_shown() -> None:
    class Plain:
        pass

    with vartrack.use(registry_with(Plain)), pytest.raises(Unsupported, match="the address"):
        torch.compile(lambda x, v: repr(v), backend="eager", fullgraph=True)(X, Plain())


def test_an_impure_method_breaks_the_graph() -> None:
    registry = registry_with(Node, impure=("last",))
    with vartrack.use(registry), pytest.raises(Unsupported, match="depends on more"):
        torch.compile(lambda x, n: n.last(), backend="eager", fullgraph=True)(X, nodes()[0])


# changes


CHANGES = """
n.number = 3
del n.number
setattr(n, "number", 3)
delattr(n, "number")
n.number += 1
n += 1
n.new = 1
n[0].number = 9
n.grow()
n.grow().grow(8)
n.grow_and_fail()
list(n.grow_slowly())
n.rename(m)
n.rename(n)
n.__init__(3)
n.kids.append(m)
n.kids.clear()
n.kids.sort(key=len_)
n.kids.reverse()
n.kids += [m]
n.kids[0] = m
del n.kids[0]
n.kids[0].kids.append(m)
n.last().grow()
n.table["a"].append(3)
n.table["b"].update(c=4)
n.table.pop("a")
n.table |= {"z": 1}
n.table["z"] = 1
n.pair[1].append(2)
vars(n)["number"] = 3
kids = n.kids; kids.append(m)
for kid in n.kids: kid.number = 7
object.__setattr__(n, "number", 4)
""".strip().splitlines()


#: What torch does not trace in one piece: an exception that leaves the function.
REFUSED = ("n.grow_and_fail()",)


@pytest.mark.parametrize("text", CHANGES)
def test_a_change_happens_once_and_in_the_graph(text: str) -> None:
    function = program(f"{text}; return x + 1")
    with vartrack.use(NODES):
        strict = torch.compile(function, backend="eager", fullgraph=True)
        n, m = nodes()
        before = repr((vars(n), vars(m)))
        if text in REFUSED:
            with pytest.raises(Unsupported):
                strict(X.clone(), n, m)
            assert repr((vars(n), vars(m))) == before, "the value was changed while tracing"
        else:
            assert outcome(strict) == outcome(function)
        torch._dynamo.reset()
        assert outcome(torch.compile(function, backend="eager")) == outcome(function)


def test_a_change_of_an_operand_is_traced() -> None:
    """A method that the user wrote is: what it does to a list of the function's is part of it."""
    function = program("items = [7]; n.fill(items); return x + len(items), items")
    with vartrack.use(NODES):
        run = torch.compile(function, backend="eager", fullgraph=True)
        for _ in range(3):
            ours, theirs = nodes(), nodes()
            assert_alike(run(X.clone(), *ours), function(X.clone(), *theirs))


# made while tracing


class Made:
    def __init__(self, items: Any = ()) -> None:
        self.items = list(items)
        self.kept = items


def test_calling_the_class_is_traced_so_that_the_new_object_may_change() -> None:
    def function(x: torch.Tensor, number: int) -> Any:
        made = Made([number])
        made.items.append(2)
        return x + len(made.items), made.items

    assert compare_with_eager(registry_with(Made), function, [1, 1]) == 1


def test_calling_the_class_can_be_evaluated_instead() -> None:
    registry = registry_with(Made, fold_calls=True)

    def function(x: torch.Tensor, _: Any) -> Any:
        made = Made((1, 2))
        return x + sum(made.items), made, made.items, made.items is made.items, made.items[:1]

    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        results = [run(X, None) for _ in range(2)]
    for total, made, items, same, slice_ in results:
        assert_alike(total, X + 3)
        assert slice_ == [1]
        assert made.items is items
        assert same
    assert results[0][1] is not results[1][1], "each call makes an object of its own"


def test_a_call_keeps_what_it_is_given() -> None:
    """What makes one is written in Python, so that it is traced."""

    def function(x: torch.Tensor) -> Any:
        items = [1]
        made = Made(items)
        items.append(2)
        return x + len(made.kept)

    with vartrack.use(registry_with(Made, fold_calls=True)):
        assert_alike(torch.compile(function, backend="eager", fullgraph=True)(X), X + 2)
