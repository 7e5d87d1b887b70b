"""Values that are only carried are compiled once, and are what Python makes of them."""

from __future__ import annotations

import collections
import gc
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import Program, outcome, plain
from places import PLACES, Counting
from thrift_values import SOUND, THRIFT, TYPING, VALUES
from torch.utils.checkpoint import checkpoint

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")


class Holder:
    """An object that can hold anything."""


kept = Holder()
log: dict[str, Any] = {}


def in_attribute(x: torch.Tensor, v: Any) -> Any:
    kept.value = v
    new = Holder()
    new.value = v
    return new.value


def in_dict(x: torch.Tensor, v: Any) -> Any:
    log["k"] = v
    return dict(log)


def to_function(x: torch.Tensor, v: Any) -> Any:
    def ignores(x: torch.Tensor, *args: Any, mode: Any = None) -> int:
        return 3

    return ignores(x, v, mode=v)


CARRYING: dict[str, Program] = {
    "returned": lambda x, v: v,
    "containers": lambda x, v: [v, (v, {"k": v})],
    "attribute": in_attribute,
    "dict": in_dict,
    "function": to_function,
    "is None": lambda x, v: v is None or v is not None,
    "isinstance": lambda x, v: isinstance(v, (list, torch.Tensor)),
    "type": lambda x, v: type(v).__name__,
}
#: What makes a text. One that an enum makes in a way of its own is traced, so it has the value.
TEXTS: dict[str, Program] = {
    "f-string": lambda x, v: f"mode {v}: {v!r}",
    "format": lambda x, v: "mode {}, {!r} {}".format(v, v, 1),  # noqa: UP032
    "percent": lambda x, v: "mode %s, %r" % (v, v),  # noqa: UP031
    "str": lambda x, v: "mode " + str(v) + "!",
    "part of a text": lambda x, v: f"<{f'{v}'}>" + repr(v),
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("use", CARRYING)
@pytest.mark.parametrize("kind", [*VALUES, *TYPING])
def test_what_is_carried_is_compiled_once(kind: str, use: str, registry: vartrack.Registry) -> None:
    values = {**VALUES, **TYPING}[kind]
    for place in PLACES if kind in ("str", "Enum") else ("argument",):
        found = outcome(registry, CARRYING[use], lambda: values, place)
        assert found == ("right", 1, ""), place


@pytest.mark.parametrize("use", TEXTS)
@pytest.mark.parametrize("kind", VALUES)
def test_texts_are_made_when_the_graph_has_run(kind: str, use: str) -> None:
    graphs = len(VALUES[kind]) if kind == "enum of its own" else 1
    found = outcome(THRIFT, TEXTS[use], lambda: VALUES[kind])
    assert found == ("right", graphs, "")


@pytest.mark.parametrize("use", TEXTS)
@pytest.mark.parametrize("kind", TYPING)
def test_texts_of_annotations_are_as_on_torch_or_better(kind: str, use: str) -> None:
    found, alone = (outcome(each, TEXTS[use], lambda: TYPING[kind]) for each in (THRIFT, None))
    assert found.rank <= alone.rank
    assert found.graphs <= alone.graphs


def test_torch_alone_compiles_for_each() -> None:
    assert outcome(None, CARRYING["containers"], lambda: VALUES["str"]).graphs == 4
    assert outcome(None, CARRYING["returned"], lambda: VALUES["Enum"]).graphs == 4
    assert outcome(None, TEXTS["f-string"], lambda: VALUES["str"]).graphs == 4


class State(Holder):
    """An object with texts in attributes and containers, which programs change."""

    def __init__(self, one: str, other: str) -> None:
        self.a, self.b = one, other
        self.list = [one, other, one + "!"]
        self.dict = {"a": one, "b": other}
        self.deque = collections.deque([one, other])
        self.inner = Holder()
        self.inner.a = other


def swapped(x: torch.Tensor, s: State) -> Any:
    s.a, s.b = s.b, s.a
    s.list[0], s.list[1] = s.list[1], s.list[0]
    s.dict["a"], s.dict["b"] = s.dict["b"], s.dict["a"]
    return s.a, s.list[0]


def crossed(x: torch.Tensor, s: State) -> Any:
    s.list[0] = s.dict["a"]
    s.dict["a"] = s.a
    s.a = s.deque[0]
    s.deque.popleft()
    s.deque.append(s.b)
    return s.deque[0], list(s.list)


def moved(x: torch.Tensor, s: State) -> Any:
    s.list.insert(0, s.inner.a)
    s.inner.a = s.list[1]
    s.dict["z"] = s.dict.pop("a")
    s.list.append(s.list.pop(1))
    s.list.reverse()
    return [*s.list]


def old_one(x: torch.Tensor, s: State) -> Any:
    held = [s.a]
    s.a = s.b
    s.b = held[0]
    text = f"{s.a}-{s.b}"
    s.inner.a = text
    s.a = "new"
    return held, text


def cleared(x: torch.Tensor, s: State) -> Any:
    first, popped = s.list[0], s.deque.pop()
    s.list.clear()
    del s.b
    return first, popped


def remade(x: torch.Tensor, s: State) -> Any:
    new = Holder()
    new.a, new.text = s.a, f"<{s.b}>"
    s.inner, s.a = new, "r"
    return new.a


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("program", [swapped, crossed, moved, old_one, cleared, remade])
def test_what_is_read_back_is_what_was_there_before_the_changes(
    program: Callable[..., Any], registry: vartrack.Registry
) -> None:
    backend = Counting()
    with vartrack.use(registry):
        compiled = torch.compile(
            lambda x, s: (x + 1, program(x, s)), backend=backend, fullgraph=True
        )
        for one, other in itertools.product(("a", "b", "", "dd"), repeat=2):
            wanted, got = State(one, other), State(one, other)
            result = program(torch.ones(2), wanted)
            assert plain(compiled(torch.ones(2), got)[1]) == plain(result)
            assert _told(got) == _told(wanted)
    assert backend.graphs == 1


def _told(state: Any) -> Any:
    return {
        name: _told(held) if isinstance(held, Holder) else plain(held)
        for name, held in vars(state).items()
    }


def test_what_is_not_there_any_more_is_compiled_anew() -> None:
    def popped(x: torch.Tensor, d: dict[str, str]) -> Any:
        return d.popitem()[1], len(d)

    assert outcome(THRIFT, popped, lambda: ({"a": "1"}, {"b": "2"}, {"a": "3", "c": "4"})) == (
        "right", 3, ""
    )  # fmt: skip


USING: dict[str, Program] = {
    "dict key": lambda x, v: {v: 1}[v],
    "membership": lambda x, v: (v in log, log.get(v, 5)),
    "methods": lambda x, v: (v.upper(), v[:1], v * 2, [*v], v.split("d")),
    "join": lambda x, v: ",".join([v, v]),
    "joined text": lambda x, v: {f"{v}.": 1}[f"{v}."],
    "compared text": lambda x, v: f"{v}." == "a.",
    "exception": lambda x, v: _raised(v),
    "sorted": lambda x, v: (sorted(["b", v]), max("b", v)),
    "getattr": lambda x, v: getattr(kept, v + "x", 1),
    "checkpoint": lambda x, v: checkpoint(
        lambda x, m: x.sin() if m == "a" else x.cos(), x, v, use_reentrant=False
    ),
    "operator": lambda x, v: torch.nn.functional.pad(x, (1, 1), mode="constant", value=len(v)),
    "match": lambda x, v: _matched(v),
}


def _raised(v: str) -> Any:
    try:
        raise ValueError(v)
    except ValueError as error:
        return str(error), error.args


def _matched(v: str) -> Any:
    match v:
        case "a":
            return 1
        case "b" | "dd":
            return 2
        case str(x):
            return x
    return None


@pytest.mark.parametrize("use", USING)
def test_a_text_that_is_used_is_guarded(use: str) -> None:
    values = (*VALUES["str"], *reversed(VALUES["str"]), "a", "x")
    alone = outcome(None, USING[use], lambda: values)
    found = outcome(THRIFT, USING[use], lambda: values)
    assert (found.rank, found.graphs) <= (alone.rank, alone.graphs)
    assert found.status == "right"


def test_a_graph_break_keeps_what_is_carried() -> None:
    def broken(x: torch.Tensor, v: str) -> Any:
        text = f"{v}."
        torch._dynamo.graph_break()
        return v, text, x.sum() > 0

    for values in (VALUES["str"], VALUES["Enum"]):
        found = outcome(THRIFT, broken, lambda values=values: values, fullgraph=False)
        assert found.status == "right"


def test_nothing_is_left_behind() -> None:
    from torch._dynamo.symbolic_convert import InstructionTranslator
    from torch._dynamo.variables.lazy import LazyVariableTracker

    before = dict(vars(LazyVariableTracker)), list(InstructionTranslator.dispatch_table)
    with vartrack.use(THRIFT):
        assert dict(vars(LazyVariableTracker)) != before[0]
        assert list(InstructionTranslator.dispatch_table) != before[1]
    assert (dict(vars(LazyVariableTracker)), list(InstructionTranslator.dispatch_table)) == before


def test_stock_is_as_torch_while_a_registry_with_thrift_is_installed() -> None:
    with vartrack.use(THRIFT):
        found = outcome(vartrack.stock, CARRYING["containers"], lambda: VALUES["str"])
    assert found == outcome(None, CARRYING["containers"], lambda: VALUES["str"])


@pytest.mark.parametrize("of", [lambda held: held.items, lambda held: held.items[0]])
def test_a_value_dies_when_the_program_lets_it_go(of: Callable[[Any], Any]) -> None:
    """Without the collector of cycles, as on torch alone."""
    gc.disable()
    try:
        with vartrack.use(THRIFT):
            compiled = torch.compile(lambda x, held: (x + 1, of(held)), backend="eager")
            holder = Holder()
            holder.items = [1, 2]
            compiled(torch.ones(1), holder)
            gone = weakref.ref(holder)
            del holder
        assert gone() is None
    finally:
        gc.enable()
