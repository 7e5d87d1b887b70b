"""Whether a value that changes is in a container from elsewhere: one graph for each answer."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from places import Counting
from thrift_values import SOUND, THRIFT, VALUES, Four, One, Two
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


def answers(x: torch.Tensor, found: bool) -> torch.Tensor:
    return x + 1 if found else x - 1


#: What makes a container of keys.
CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "dict": dict.fromkeys,
    "ordered dict": OrderedDict.fromkeys,
    "default dict": lambda keys: defaultdict(int, dict.fromkeys(keys, 1)),
}


class Holder:
    """An object that holds a container."""

    def __init__(self, held: Any) -> None:
        self.held = held


class Holding(torch.nn.Module):
    """A module that holds one, and the value."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.inner = torch.nn.Identity()
        self.inner.held = held
        self.key: Any = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return answers(x, self.key in self.inner.held)


def as_argument(held: Any) -> Callable[[Any, Any], Any]:
    def run(wrap: Any, value: Any) -> Any:
        return wrap(lambda x, held, value: answers(x, value in held))(ONE, held, value)

    return run


def as_attribute(held: Any) -> Callable[[Any, Any], Any]:
    holder = Holder({"deep": held})

    def run(wrap: Any, value: Any) -> Any:
        use = wrap(lambda x, holder, value: answers(x, value not in holder.held["deep"]))
        return use(ONE, holder, value)

    return run


def in_closure(held: Any) -> Callable[[Any, Any], Any]:
    return lambda wrap, value: wrap(lambda x, value: answers(x, value in held))(ONE, value)


def in_module(held: Any) -> Callable[[Any, Any], Any]:
    module = Holding(held)

    def run(wrap: Any, value: Any) -> Any:
        module.key = value
        return wrap(module)(ONE)

    return run


PLACES = (as_argument, as_attribute, in_closure, in_module)


def by_code(backend: Any) -> Callable[[Any], Any]:
    """Compiles what is given; functions of one code are one to torch."""
    return lambda function: torch.compile(function, backend=backend, fullgraph=True)


def right_in(graphs: int, runs: list[Any], values: Any, registry: vartrack.Registry) -> None:
    """Assert that all answers are Python's, in so many graphs."""
    backend = Counting()
    with vartrack.use(registry), config.patch(recompile_limit=30):
        for run in runs:
            for value in values:
                want = run(lambda function: function, value)
                assert torch.equal(run(by_code(backend), value), want), value
    assert backend.graphs == graphs


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", CONTAINERS)
def test_one_answer_is_one_graph(kind: str, place: Callable[[Any], Any]) -> None:
    run = place(CONTAINERS[kind](("a", "b")))
    right_in(2, [run], "abcdabz", THRIFT)
    torch._dynamo.reset()
    right_in(2, [run], "abcdabz", SOUND)


@pytest.mark.parametrize("kind", ["Enum", "dtype", "class", "bytes"])
def test_values_of_other_kinds(kind: str) -> None:
    values = VALUES[kind]
    for make in (set, list, dict.fromkeys):
        torch._dynamo.reset()
        right_in(2, [in_closure(make(values[:2]))], (*values, *values), THRIFT)


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_the_container_counts_as_it_is_at_the_call(
    place: Callable[[Any], Any], recursive: bool
) -> None:
    held = {"a": 1}
    run, backend = place(held), Counting()
    with vartrack.use(THRIFT), config.patch(use_recursive_dict_tags_for_guards=recursive):
        for value in "abcabcabc":
            for change in (lambda: None, held.clear, lambda: held.update(b=1)):
                change()
                want = run(lambda function: function, value)
                assert torch.equal(run(by_code(backend), value), want), value
    assert backend.graphs == 2


def test_keys_that_are_asked_for() -> None:
    def in_keys(wrap: Any, value: Any) -> Any:
        def use(x: torch.Tensor, held: Any, value: Any) -> torch.Tensor:
            keys = held.keys()
            return answers(x, value in keys)

        return wrap(use)(ONE, {"a": 1, "b": 2}, value)

    right_in(2, [in_keys], "abcd", THRIFT)


def test_what_the_traced_code_changes_first() -> None:
    def written(wrap: Any, value: Any) -> Any:
        def use(x: torch.Tensor, held: Any, value: Any) -> Any:
            held["z"] = 1
            return answers(x, value in held)

        return wrap(use)(ONE, {"a": 1}, value)

    def same(wrap: Any, value: Any) -> Any:
        def use(x: torch.Tensor, held: Any, other: Any, value: Any) -> Any:
            other.append("z")
            return answers(x, value in held)

        held = ["a"]
        return wrap(use)(ONE, held, held if value == "z" else ["a"], value)

    for run, graphs in ((written, 3), (same, 2)):
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(THRIFT):
            for value in "azbz":
                want = run(lambda function: function, value)
                assert torch.equal(run(by_code(backend), value), want), value
        assert backend.graphs >= graphs


class Lying:
    """A value whose equality is written in Python, and says that it is a text."""

    def __eq__(self, other: object) -> bool:
        return other == "a"

    def __hash__(self) -> int:
        return hash("a")


def test_what_python_code_compares_is_not_asked_again() -> None:
    """Code of the user's runs in no guard while what is in the container is of the first kind."""
    right_in(2, [in_closure(["b"]), in_closure(["a"])], "abc", THRIFT)
    held = [Lying()]
    with vartrack.use(SOUND):
        assert torch.equal(
            in_closure(held)(lambda function: torch.compile(function, backend="eager"), "a"),
            answers(ONE, True),
        )


def test_what_cannot_be_looked_up_raises_as_in_python() -> None:
    def use(x: torch.Tensor, held: Any, value: Any) -> Any:
        try:
            return answers(x, value in held)
        except TypeError:
            return x * 7

    with vartrack.use(SOUND):  # some releases of torch do not raise it
        run = torch.compile(use, backend="eager", fullgraph=True)
        for value in ("a", ["a"], "b", {}, "a"):
            assert torch.equal(run(ONE, {"a"}, value), use(ONE, {"a"}, value)), value


@pytest.mark.parametrize("values", [(One, Two, Four), (Four, Two, One)], ids=["first", "last"])
def test_a_class_is_no_more_guarded_where_a_function_makes_no_graph(values: Any) -> None:
    """torch looks there for classes of modules among the locals."""

    def run(wrap: Any, value: Any) -> Any:
        return wrap(lambda x, value: x + 1 if issubclass(value, One) else x)(ONE, value)

    right_in(2, [run], values, THRIFT)
