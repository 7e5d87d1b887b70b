"""What a class has under a name is put in another's place between two calls.

With a visitor the answer is Python's wherever it is on torch alone, or torch alone breaks the graph.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import ConstantVisitor, RecordVisitor, Registry, SnapshotVisitor

pytestmark = pytest.mark.usefixtures("fresh")


class Computed:
    """A descriptor that is no data descriptor."""

    def __init__(self, function: Callable[[Any], int]) -> None:
        self.function = function
        self.extra = 1

    def __get__(self, value: Any, owner: Any = None) -> Any:
        return self if value is None else self.function(value) + self.extra


class ReadOnly(Computed):
    def __set__(self, value: Any, item: Any) -> None:
        raise AttributeError


def made() -> Any:
    """A value of a new class."""

    class Base:
        @Computed
        def inherited(self) -> int:
            return self.size * 2  # type: ignore[attr-defined,no-any-return]

    class Value(Base):
        def __init__(self, size: int) -> None:
            self.size = size

        @Computed
        def computed(self) -> int:
            return self.size * 2

        @ReadOnly
        def read_only(self) -> int:
            return self.size * 2

        @property
        def proper(self) -> int:
            return self.size * 2

        @functools.lru_cache  # noqa: B019
        def kept(self, times: int) -> int:
            return self.size * times

        def plain(self) -> int:
            return self.size * 2

        def __call__(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.size

        def __index__(self) -> int:
            return self.size

        def __trunc__(self) -> int:
            return self.size

        def __ceil__(self) -> int:
            return self.size

    return Value(2)


def replaced(name: str, new: Any) -> Callable[[Any], None]:
    return lambda value: setattr(type(value), name, new)


def more_of(name: str) -> Callable[[Any], None]:
    """A change of the descriptor itself."""
    return lambda value: setattr(type(value).__mro__[0].__dict__[name], "extra", 7)


USES = {
    "computed": (lambda x, v: x * v.computed, replaced("computed", Computed(lambda v: 9))),
    "computed changed": (lambda x, v: x * v.computed, more_of("computed")),
    "number": (lambda x, v: x * v.computed, replaced("computed", 9)),
    "hidden": (lambda x, v: x * v.computed, lambda v: v.__dict__.update(computed=9)),
    "read only": (lambda x, v: x * v.read_only, replaced("read_only", ReadOnly(lambda v: 9))),
    "read only changed": (lambda x, v: x * v.read_only, more_of("read_only")),
    "inherited": (lambda x, v: x * v.inherited, replaced("inherited", Computed(lambda v: 9))),
    "property": (lambda x, v: x * v.proper, replaced("proper", property(lambda v: 9))),
    "cached": (lambda x, v: x * v.kept(3), replaced("kept", lambda v, times: 9)),
    "method": (lambda x, v: x * v.plain(), replaced("plain", lambda v: 9)),
    "call": (lambda x, v: v(x), replaced("__call__", lambda v, x: x * 9)),
    "range": (lambda x, v: x + len(range(v)), replaced("__index__", lambda v: 9)),
    "trunc": (lambda x, v: x * math.trunc(v), replaced("__trunc__", lambda v: 9)),
    "ceil": (lambda x, v: x * math.ceil(v), replaced("__ceil__", lambda v: 9)),
}


def registry_for(base: Any, cls: type) -> Registry:
    attributes: dict[str, Any] = {"types": (cls,)}
    if base is RecordVisitor:
        attributes["fields"] = ("size",)
    registry = vartrack.stock.derive("changed classes")
    registry.register(type("Values", (base,), attributes))
    return registry


def answers(registry: Registry | None, function: Any, value: Any, change: Any) -> list[Any] | None:
    """What is given before and after the change; None if the graph breaks."""
    torch._dynamo.reset()
    x = torch.ones(2)
    with vartrack.use(registry):
        run = torch.compile(function, backend="eager", fullgraph=True)
        try:
            found = [run(x, value)]
            change(value)
            return [*found, run(x, value)]
        except Unsupported:
            return None
        except Exception as error:  # an error of torch's own
            return [type(error)]


@pytest.mark.parametrize("base", [ConstantVisitor, SnapshotVisitor, RecordVisitor])
@pytest.mark.parametrize("use", USES)
def test_it_is_seen_where_torch_alone_sees_it_or_breaks_the_graph(base: Any, use: str) -> None:
    function, change = USES[use]
    x, plain, alone, value = torch.ones(2), made(), made(), made()
    before = function(x, plain)
    change(plain)
    expected = [before, function(x, plain)]

    def is_right(given: Any) -> bool:
        return len(given) == 2 and all(map(torch.equal, given, expected))

    given_alone = answers(None, function, alone, change)
    given = answers(registry_for(base, type(value)), function, value, change)
    if given_alone is None:
        assert given is None or is_right(given)
    elif is_right(given_alone):
        assert given is not None and is_right(given)


def test_a_descriptor_may_close_over_something() -> None:
    """torch alone ends in an error of its own, as it looks for what is closed over elsewhere."""
    rate = 2

    class Rated:
        def __get__(self, value: Any, owner: Any = None) -> Any:
            return self if value is None else value.size * rate

    class Value:
        rated = Rated()

        def __init__(self, size: int) -> None:
            self.size = size

    for base in (ConstantVisitor, SnapshotVisitor):
        torch._dynamo.reset()
        rate = 2
        with vartrack.use(registry_for(base, Value)):
            run = torch.compile(lambda x, v: x * v.rated, backend="eager", fullgraph=True)
            assert run(torch.ones(()), Value(3)).item() == 6
            rate = 5
            assert run(torch.ones(()), Value(3)).item() == 15
            assert run(torch.ones(()), Value(4)).item() == 20


@pytest.mark.parametrize("use", ["computed", "read only", "inherited"])
def test_a_descriptor_is_traced_so_that_only_what_it_reads_is_guarded(use: str) -> None:
    """The class has no ``__eq__``: a guard on the whole value holds for this one alone."""
    function, _ = USES[use]
    cls = type(made())
    registry = registry_for(ConstantVisitor, cls)
    counter = torch._dynamo.testing.CompileCounter()
    with vartrack.use(registry):
        run = torch.compile(function, backend=counter, fullgraph=True)
        for _ in range(3):
            value = cls(2)
            assert torch.equal(run(torch.ones(2), value), function(torch.ones(2), value))
    assert counter.frame_count == 1
