"""Arguments by name from a dict: their order counts where something goes through them."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pytest
import torch
from beside_torch import outcome, plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo.variables.dicts import ConstDictVariable

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

#: Whether the installed torch writes one key of a dict by a method of its own: what the order is
#: put off with. Elsewhere it is guarded wherever a dict is passed by name.
PUT_OFF = hasattr(ConstDictVariable, "mp_ass_subscript_impl")
BOTH = pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
ONE, OTHER = {"a": 3, "b": 4}, {"b": 4, "a": 3}


@dataclasses.dataclass
class Data:
    """What is made of arguments by name."""

    a: int = 1
    b: int = 2


class Base:
    """A class whose derived one passes on what it is given."""

    def __init__(self, a: int = 1, **more: Any) -> None:
        self.a, self.b = a, more["b"]


class Derived(Base):
    """That one."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)


class Twice:
    """A class that makes its instances in a way of its own, and looks at the order there."""

    names: list[str]

    def __new__(cls, **given: Any) -> Twice:
        made = super().__new__(cls)
        made.names = [*given]
        return made

    def __init__(self, **given: Any) -> None:
        self.a = given["a"]


class Table(dict[str, Any]):
    """A dict that is filled by name."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)


class Layer(torch.nn.Module):
    """A module that takes arguments by name."""

    def forward(self, x: torch.Tensor, a: int = 1, **more: Any) -> Any:
        return x * a * more["b"]


class Listing(torch.nn.Module):
    """One that says in which order they came."""

    def forward(self, x: torch.Tensor, **given: Any) -> Any:
        return x * given["a"], [*given]


LAYER, LISTING = Layer(), Listing()


def named(x: Any, a: int = 1, *, b: int = 2) -> Any:
    return x * a + b


def by_key(x: Any, **given: Any) -> Any:
    return x * given["a"] + given.get("b", 0), "c" in given


def taking(x: Any, **given: Any) -> Any:
    return x * given.pop("a", 1) + given.setdefault("b", 2)


def passing(*args: Any, **given: Any) -> Any:
    return by_key(*args, **given)


@functools.wraps(named)
def wrapped(*args: Any, **given: Any) -> Any:
    return named(*args, **given)


def listing(x: Any, **given: Any) -> Any:
    return [*given]


def passing_to_listing(x: Any, **given: Any) -> Any:
    given.pop("z", None)
    return listing(x, **given)


def returning(x: Any, **given: Any) -> Any:
    return given


def in_text(x: Any, **given: Any) -> Any:
    return str(given), given.copy()


def later(x: Any, **given: Any) -> Any:
    return lambda: [*given.items()]


def generating(x: Any, **given: Any) -> Any:
    yield from given


#: Programs to which the order is all one.
ALL_ONE: dict[str, Any] = {
    "by parameters": lambda x, d: named(x, **d),
    "by key": lambda x, d: by_key(x, **d),
    "taken": lambda x, d: taking(x, **d),
    "passed on": lambda x, d: passing(x, **d),
    "wrapped": lambda x, d: wrapped(x, **d),
    "beside another": lambda x, d: by_key(x, c=1, **d),
    "module": lambda x, d: LAYER(x, **d),
    "dataclass": lambda x, d: x * Data(**d).a,
    "base class": lambda x, d: x * Derived(**d).b,
    "partial": lambda x, d: functools.partial(named, **d)(x),
    "partial with more": lambda x, d: functools.partial(named, x, **d)(b=7),
    "partial of a module": lambda x, d: functools.partial(LAYER, **d)(x),
    "partial by key": lambda x, d: functools.partial(by_key, **d)(x),
    "partial of a partial": lambda x, d: functools.partial(functools.partial(named, **d), x)(b=5),
    "given to a partial": lambda x, d: functools.partial(functools.partial(by_key, c=1), **d)(x),
}
#: Programs that tell it.
TOLD: dict[str, Any] = {
    "listed": lambda x, d: listing(x, **d),
    "passed on": lambda x, d: passing_to_listing(x, **d),
    "returned": lambda x, d: returning(x, **d),
    "text": lambda x, d: in_text(x, **d),
    "later": lambda x, d: later(x, **d)(),
    "generator": lambda x, d: [*generating(x, **d)],
    "dict": lambda x, d: dict(**d),
    "made by itself": lambda x, d: Twice(**d).names,
    "filled": lambda x, d: [*Table(**d)],
    "module": lambda x, d: LISTING(x, **d),
    "two": lambda x, d: listing(x, c=1, **d),
    "partial": lambda x, d: functools.partial(listing, **d)(x),
    "names of a partial": lambda x, d: (x + 1, [*functools.partial(named, **d).keywords]),
    "partial that is returned": lambda x, d: (x + 1, [functools.partial(named, **d)][0].keywords),
    "partial of a partial": lambda x, d: functools.partial(functools.partial(listing, **d), c=1)(x),
    "given to a partial": lambda x, d: functools.partial(functools.partial(listing, c=1), **d)(x),
}


@BOTH
@pytest.mark.parametrize("use", ALL_ONE)
def test_one_graph_does_for_any_order(use: str, registry: vartrack.Registry) -> None:
    found = outcome(registry, ALL_ONE[use], lambda: (dict(ONE), dict(OTHER), dict(ONE)))
    assert found.status == "right", found
    assert found.graphs == 1 or not PUT_OFF


@BOTH
@pytest.mark.parametrize("called, enough", [(named, 1), (listing, 2)])
def test_partials_from_outside(called: Any, enough: int, registry: vartrack.Registry) -> None:
    values = lambda: [functools.partial(called, **given) for given in (ONE, OTHER, ONE)]  # noqa: E731
    found = outcome(registry, lambda x, given: (x + 1, given(x)), values)
    if registry is SOUND or called is named:  # torch relies on the order and guards it not
        assert found.status == "right", found
        assert found.graphs == enough


@BOTH
@pytest.mark.parametrize("use", TOLD)
@pytest.mark.parametrize("fullgraph", [True, False])
def test_the_order_is_seen_where_it_is_told(
    use: str, fullgraph: bool, registry: vartrack.Registry
) -> None:
    values = lambda: (dict(ONE), dict(OTHER), dict(ONE))  # noqa: E731
    found = outcome(registry, TOLD[use], values, fullgraph=fullgraph)
    assert found.status == "right", found
    assert found.graphs <= 2


def forwarded(x: Any, **given: Any) -> Any:
    return named_and_more(x, **given)


def named_and_more(x: Any, a: int = 1, *, b: int = 2, **more: Any) -> Any:
    return x * a + b


def forwarded_twice(x: Any, **given: Any) -> Any:
    return forwarded(x, **given) + LAYER(x, **given)


def with_others(x: Any, **given: Any) -> Any:
    more = dict(given)
    more.update(a=7)
    return named_and_more(x, **more), named_and_more(x, **{**given, "b": 9})


def taken_later(x: Any, **given: Any) -> Any:
    given.pop("z0", None)
    return taking(x, **given)


def returned_later(x: Any, **given: Any) -> Any:
    return returning(x, c=x, **given)


def again_and_again(x: Any, depth: int = 3, a: int = 1, **given: Any) -> Any:
    return again_and_again(x * a, depth - 1, **given) if depth else by_key(x, a=2, **given)


def read_first(x: Any, **given: Any) -> Any:
    return named_and_more(x + 1 if given.get("b") else x, **given)


def taken_on_the_way(x: Any, **given: Any) -> Any:
    return takes_one(x, c=5, **given)


def takes_one(x: Any, c: int = 2, **more: Any) -> Any:
    return takes_it_too(x * c, **more)


def takes_it_too(x: Any, c: int = 3, a: int = 4, **more: Any) -> Any:
    return x * c + a, "c" in more


class Passing(Layer):
    """A module that leaves what it is given to its base."""

    def forward(self, x: torch.Tensor, **given: Any) -> Any:
        return super().forward(x + 1, **given)


PASSING = Passing()


#: Programs that pass on what they are given, whatever that is.
FORWARDING: dict[str, Any] = {
    "forwarded": forwarded,
    "twice": forwarded_twice,
    "with others": with_others,
    "taken": taken_later,
    "returned": returned_later,
    "recursive": again_and_again,
    "taken on the way": taken_on_the_way,
    "module that passes it on": lambda x, **given: PASSING(x, **given),
    "read first": read_first,
}


@BOTH
@pytest.mark.parametrize("use", FORWARDING)
def test_what_nobody_reads_makes_no_difference(use: str, registry: vartrack.Registry) -> None:
    run = FORWARDING[use]

    def values() -> Any:
        return [{"a": 2, "b": 3, **{f"z{each}": 1 for each in range(more)}} for more in range(4)]

    found = outcome(registry, lambda x, d: run(x, **d), values)
    assert found.status == "right", found
    needed = {"taken": 2, "recursive": 4}.get(use, 1)
    assert found.graphs <= needed or not PUT_OFF


@BOTH
def test_it_takes_a_graph_less_than_torch_where_it_breaks(registry: vartrack.Registry) -> None:
    def broken(x: Any, a: int = 1, **more: Any) -> Any:
        torch._dynamo.graph_break()
        return x * a, more

    values = [{"a": 2, "b": 3}, {"a": 2, "c": 3}, {"a": 2}]
    program = lambda x, d: broken(x + 1, **d)  # noqa: E731
    found = outcome(registry, program, lambda: map(dict, values), fullgraph=False)
    alone = outcome(None, program, lambda: map(dict, values), fullgraph=False)
    assert found.status == "right", found
    assert found.graphs <= alone.graphs


def refusing(x: Any, d: Any) -> Any:
    try:
        return named_and_more(x, 5, **d)
    except TypeError as error:
        return type(error)


def given_twice(x: Any, d: Any) -> Any:
    try:
        return by_key(x, a=5, **d)
    except TypeError as error:
        return type(error)


@BOTH
def test_what_is_given_twice_is_an_error(registry: vartrack.Registry) -> None:
    values = [{"b": 2}, {"c": 2, "b": 1}, {"a": 2}, {"b": 3, "a": 2}, {"b": 4}]
    if registry is SOUND or PUT_OFF:  # torch itself takes one or the other
        assert outcome(registry, refusing, lambda: map(dict, values)).status == "right"
    if registry is SOUND:
        assert outcome(registry, given_twice, lambda: map(dict, values)).status == "right"


def strict(x: Any, a: int = 1, **more: Any) -> Any:
    if more:
        return sorted(more)
    return x * a, not more, bool(more), len(more)


def copying(x: Any, **given: Any) -> Any:
    made = dict(given)
    first = "some" if made else "none"
    made.pop("a", None)
    return first, "some" if made else "none", made or "nothing", not {"b": 1, **given}


@BOTH
@pytest.mark.parametrize("run", [strict, copying])
def test_whether_there_are_others_is_asked(run: Any, registry: vartrack.Registry) -> None:
    values = [{"a": 2}, {}, {"b": 1}, {"a": 3, "b": 1}, {"a": 2}, {"c": 1}]
    found = outcome(registry, lambda x, d: run(x, **d), lambda: map(dict, values))
    alone = outcome(None, lambda x, d: run(x, **d), lambda: map(dict, values))
    assert found.status == "right", found
    assert alone.status != "right" or found.graphs <= alone.graphs


@BOTH
def test_what_was_changed_before_and_after(registry: vartrack.Registry) -> None:
    def changing(x: Any, d: Any) -> Any:
        d["w"] = 1
        first = returning(x, **d)
        d["w"] = 2
        gone = d.pop("a")
        first["n"] = gone
        return first, d, returning(x, q=1, **d)

    values = [{"a": 1, "b": 2}, {"a": 1, "c": 3}, {"w": 5, "a": 2}]
    for fullgraph in (True, False):
        found = outcome(registry, changing, lambda: map(dict, values), fullgraph=fullgraph)
        assert found.status == "right", found


@BOTH
def test_one_is_passed_on_without_what_was_taken_of_another(registry: vartrack.Registry) -> None:
    def shown(x: Any, d: Any) -> Any:
        without = dict(d)
        without.pop("a")
        return {"a": 1, **without}, {**without, "a": 2}, without | {"a": 1}, {"a": 1} | without

    values = [{"a": 2, "b": 1}, {"c": 1, "a": 2}, {"a": 1}]
    assert outcome(registry, shown, lambda: map(dict, values)).status == "right"


@BOTH
def test_a_function_of_torch_takes_them_in_any_order(registry: vartrack.Registry) -> None:
    tables = ({"other": 3, "alpha": 4}, {"alpha": 4, "other": 3})
    found = outcome(registry, lambda x, d: torch.add(x, **d), lambda: map(dict, tables))
    assert found.status == "right", found
    assert found.graphs == 1 or not PUT_OFF


@BOTH
def test_other_names_are_another_graph(registry: vartrack.Registry) -> None:
    tables = ({"a": 3}, {"a": 3, "b": 2}, {"b": 2}, {"b": 2, "a": 3})
    found = outcome(registry, lambda x, d: named(x, **d), lambda: map(dict, tables))
    assert found.status == "right", found


@BOTH
def test_what_breaks_the_graph_on_the_way_has_the_order(registry: vartrack.Registry) -> None:
    def broken(x: torch.Tensor, **given: Any) -> Any:
        torch._dynamo.graph_break()
        return x + 1, list(given)  # `[*given]` torch itself takes for the same in another order

    backend = Counting()
    with vartrack.use(registry):
        run = torch.compile(lambda x, d: broken(x, **d), backend=backend)
        for table in (ONE, OTHER, ONE):
            assert plain(run(torch.ones(1), table)) == plain((torch.ones(1) + 1, [*table]))
