"""Classes that a statement makes anew for each call are one graph, and none is taken for another."""

from __future__ import annotations

import abc
import collections
import dataclasses
import enum
import functools
import gc
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import Program, outcome, plain
from places import Counting
from thrift_values import SOUND, THRIFT

import vartrack
from vartrack.extras.thrift.anew.meaning import Unlike, meaning

pytestmark = pytest.mark.usefixtures("fresh")


def an_object(factor: int = 2, constant: Any = 3) -> Any:
    class Scaled:
        kind = "scaled"
        held = constant

        def __init__(self) -> None:
            self.factor = factor

        def by(self, x: torch.Tensor, more: int = 1) -> torch.Tensor:
            return x * self.factor + more

        def closed(self, x: torch.Tensor) -> torch.Tensor:
            return x * constant

        @property
        def half(self) -> float:
            return self.factor / 2

        @staticmethod
        def plus(x: torch.Tensor) -> torch.Tensor:
            return x + 1

        @classmethod
        def named(cls) -> str:
            return cls.kind

    return Scaled()


def a_module() -> Any:
    class Layer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(4, 4)
            torch.nn.init.ones_(self.inner.weight)
            torch.nn.init.ones_(self.inner.bias)
            self.step = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x)

    return Layer()


def a_dataclass() -> Any:
    @dataclasses.dataclass
    class Data:
        factor: int = 2
        names: list[str] = dataclasses.field(default_factory=lambda: ["a"])

        def by(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.factor

    return Data()


def a_layer() -> Any:
    class Layer(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + 1

    class More(Layer):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 2

    layer = More(4, 4)
    torch.nn.init.ones_(layer.weight)
    torch.nn.init.ones_(layer.bias)
    return layer


def a_slotted() -> Any:
    class Slotted:
        __slots__ = ("factor",)

        def __init__(self) -> None:
            self.factor = 2

    return Slotted()


def a_derived() -> Any:
    class Base:
        def by(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1

    class Derived(Base):
        pass

    return Derived()


def a_named_tuple() -> Any:
    return collections.namedtuple("Pair", "left right")(2, "b")


def a_member() -> Any:
    return enum.Enum("Mode", "ON OFF").ON  # type: ignore[attr-defined]


def a_local_member() -> Any:
    class Mode(enum.IntEnum):
        ON = 1
        OFF = 2

    return Mode.ON


def a_graph_module() -> Any:
    return torch.fx.symbolic_trace(a_module())


#: By kind how a value is made, and what is done with it.
SAME: dict[str, tuple[Callable[[], Any], Program]] = {
    "method": (an_object, lambda x, v: v.by(x)),
    "method with a default": (an_object, lambda x, v: v.by(x, more=2)),
    "cell": (an_object, lambda x, v: v.closed(x)),
    "property": (an_object, lambda x, v: x * v.half),
    "static method": (an_object, lambda x, v: v.plus(x)),
    "constant of the class": (an_object, lambda x, v: (x * v.held, v.kind)),
    "carried": (an_object, lambda x, v: [v]),
    "attribute that is set": (an_object, lambda x, v: setattr(v, "seen", x + 1)),
    "module": (a_module, lambda x, v: v(x)),
    "module that counts": (a_module, lambda x, v: (setattr(v, "step", v.step + 1), v(x))),
    "list of modules": (lambda: [a_module(), a_module()], lambda x, v: v[1](v[0](x))),
    "super": (a_layer, lambda x, v: v(x)),
    "dataclass": (a_dataclass, lambda x, v: (v.by(x), v.names[0])),
    "slots": (a_slotted, lambda x, v: x * v.factor),
    "base that is made anew": (a_derived, lambda x, v: v.by(x)),
    "named tuple": (a_named_tuple, lambda x, v: (x * v.left, v.right)),
    "named tuple that is carried": (a_named_tuple, lambda x, v: [v]),
    "value of a member": (a_member, lambda x, v: x * v.value),
    "name of a member": (a_member, lambda x, v: (x, v.name)),
    "member that is carried": (a_local_member, lambda x, v: {"mode": v}),
    "graph module": (a_graph_module, lambda x, v: v(x)),
}


def graphs(registry: Any, program: Program, values: tuple[Any, ...]) -> int:
    found = outcome(registry, program, lambda: values)
    assert found.status == "right", found
    return found.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("kind", SAME)
def test_the_same_statement_is_one_graph(kind: str, registry: Any) -> None:
    make, program = SAME[kind]
    both = [tuple(make() for _ in range(4)) for _ in range(2)]
    assert graphs(None, program, both[0]) == 4, "torch compiles for each"
    assert graphs(registry, program, both[1]) == 1


def test_two_graphs_where_each_class_is_gone_before_the_next() -> None:
    backend = Counting()

    def run(x: torch.Tensor, v: Any) -> Any:
        return v.by(x)

    with vartrack.use(THRIFT):
        compiled = torch.compile(run, backend=backend, fullgraph=True)
        for _ in range(5):
            one = an_object()
            assert torch.equal(compiled(torch.ones(2), one), torch.full((2,), 3.0))
            gone = weakref.ref(type(one))
            del one
            gc.collect()
            assert gone() is None, "nothing keeps it alive"
    assert backend.graphs <= 2


def other_function() -> Any:
    class Scaled:
        def by(self, x: torch.Tensor, more: int = 1) -> torch.Tensor:
            return x - more

    Scaled.__qualname__ = "an_object.<locals>.Scaled"
    return Scaled()


def with_list(*items: int) -> Any:
    class Listed:
        factors = [*items]

    return Listed()


def with_field(value: float) -> Any:
    @dataclasses.dataclass
    class Data:
        factor: float = value

    return Data()


def of_module(sign: int) -> Any:
    class Net(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1 if sign > 0 else x - 1

    return torch.fx.symbolic_trace(Net())


def with_base(base: type) -> Any:
    class Derived(base):  # type: ignore[misc, valid-type]
        pass

    return Derived()


class Plus:
    def by(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


class Minus:
    def by(self, x: torch.Tensor) -> torch.Tensor:
        return x - 1


#: Classes of one name that differ, and programs that rely on which class it is.
OTHERS: dict[str, tuple[Program, tuple[Any, ...]]] = {
    "another constant": (
        lambda x, v: x * v.held,
        tuple(an_object(constant=held) for held in (3, 4, 3, True, 1, 1.0, 0.0, -0.0)),
    ),
    "another cell": (
        lambda x, v: v.closed(x),
        tuple(an_object(constant=held) for held in (3, 4, 3, 5.0)),
    ),
    "another function": (lambda x, v: v.by(x), (an_object(), other_function(), an_object())),
    "another base": (
        lambda x, v: v.by(x),
        tuple(with_base(base) for base in (Plus, Plus, Minus, Plus)),
    ),
    "a list of its own": (
        lambda x, v: [x * factor for factor in v.factors],
        (with_list(1), with_list(1), with_list(2, 3), with_list(1)),
    ),
    "another default of a field": (
        lambda x, v: x * v.factor,
        tuple(map(with_field, (2.0, 2.0, 3.0, 2.0))),
    ),
    "another graph": (lambda x, v: v(x), tuple(map(of_module, (1, 1, -1, 1)))),
    "its class": (lambda x, v: type(v), tuple(an_object() for _ in range(4))),
    "another of its class": (
        lambda x, v: type(v)().by(x),
        tuple(an_object(factor) for factor in (2, 2, 3, 2)),
    ),
    "an instance that is returned": (
        lambda x, v: type(v)(),
        tuple(an_object() for _ in range(3)),
    ),
    "super of another class": (
        lambda x, v: v[1].__get__(v[0])(x),
        ((a_layer(), type(a_layer()).forward), (a_layer(), type(a_layer()).forward)),
    ),
    "class that super gives": (
        lambda x, v: super(type(v), v).__thisclass__,
        tuple(an_object() for _ in range(3)),
    ),
    "class method": (lambda x, v: v.named(), tuple(an_object() for _ in range(3))),
    "a tuple made of it": (
        lambda x, v: v._replace(left=x),
        tuple(a_named_tuple() for _ in range(3)),
    ),
    "a dataclass made of it": (
        lambda x, v: dataclasses.replace(v, factor=3),
        tuple(a_dataclass() for _ in range(3)),
    ),
    "the member itself": (
        lambda x, v: (v is FIRST, v == FIRST),
        tuple(a_member() for _ in range(3)),
    ),
    "its function": (
        lambda x, v: (v.plus is PLUS.plus, v.plus == PLUS.plus),
        tuple(an_object() for _ in range(3)),
    ),
}


def an_addend(kind: int) -> Any:
    class Addend:
        def __add__(self, other: Any) -> Any:
            return NotImplemented

        def __radd__(self, other: Any) -> Any:
            return "reflected"

    class Derived(Addend):
        def __radd__(self, other: Any) -> Any:
            return "derived"

    return Derived() if kind else Addend()


def added(x: torch.Tensor, v: Any) -> Any:
    try:
        return v[0] + v[1]
    except TypeError:
        return "refused"


_ONE = an_addend(0)
OTHERS["two of one class, then of two"] = (
    added,
    ((an_addend(0), an_addend(0)), (_ONE, _ONE), (an_addend(0), an_addend(1)), (_ONE, _ONE)),
)
FIRST = a_member()
PLUS = an_object()


@pytest.mark.parametrize("use", OTHERS)
def test_no_class_is_taken_for_another(use: str) -> None:
    program, values = OTHERS[use]
    again = {"the member itself": (FIRST, *values), "its function": (PLUS, *values)}
    values = again.get(use, values)
    for each in (values, values[::-1]):
        alone = outcome(None, program, lambda each=each: each)
        for registry in (THRIFT, SOUND):
            found = outcome(registry, program, lambda each=each: each)
            assert found.rank <= alone.rank, (registry.name, found)
            assert found.rank < alone.rank or found.graphs <= alone.graphs, found


def minus(self: Any, x: torch.Tensor, more: int = 1) -> torch.Tensor:
    return x - more


CHANGES: dict[str, Callable[[Any], None]] = {
    "method": lambda cls: setattr(cls, "by", minus),
    "code": lambda cls: setattr(cls.by, "__code__", minus.__code__),
    "constant": lambda cls: setattr(cls, "kind", "other"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_class_that_is_changed_later_is_noticed(registry: Any, change: str) -> None:
    values = tuple(an_object() for _ in range(3))

    def run(x: torch.Tensor, v: Any) -> Any:
        return v.by(x), v.kind

    with vartrack.use(registry):
        compiled = torch.compile(run, backend="eager", fullgraph=True)
        x = torch.ones(2)
        for one in values:
            assert plain(compiled(x, one)) == plain(run(x, one))
        for one in values[1:] if registry is THRIFT else values:
            CHANGES[change](type(one))
            assert plain(compiled(x, one)) == plain(run(x, one))


def test_a_class_of_which_somebody_knows_is_not_like_others() -> None:
    cls = type(an_object())
    torch.utils._pytree.register_pytree_node(cls, lambda it: ([], None), lambda _, __: an_object())
    with pytest.raises(Unlike):
        meaning(cls)

    class Meta(type):
        pass

    with pytest.raises(Unlike):
        meaning(Meta("Made", (), {}))


def test_an_abstract_class_that_was_told_of_one() -> None:
    class Shape(abc.ABC):
        @abc.abstractmethod
        def by(self, x: torch.Tensor) -> torch.Tensor: ...

    def run(x: torch.Tensor, v: Any) -> torch.Tensor:
        return v.by(x) if isinstance(v, Shape) else x

    values = tuple(an_object() for _ in range(4))
    Shape.register(type(values[0]))
    Shape.register(type(values[2]))
    assert outcome(THRIFT, run, lambda: values).status == "right"


def test_one_with_a_visitor_of_its_own_keeps_it() -> None:
    values = tuple(an_object() for _ in range(3))
    registry = THRIFT.derive("with a constant")

    class Constant(vartrack.ConstantVisitor):
        types = (type(values[1]),)
        key = id

    registry.register(Constant)
    for each in (values, values[::-1]):
        assert (
            outcome(registry, lambda x, v: x * v.factor, lambda each=each: each).status == "right"
        )
    vartrack.frozen(values[2], registry=registry)
    found = outcome(registry, lambda x, v: x * v.factor, lambda: values[::-1])
    assert found.status == "right"
    assert found.graphs == 3, "each has guards of its own"


def test_the_same_functions_mean_the_same() -> None:
    @functools.cache
    def held() -> dict[str, int]:
        return {}

    def make(of: Any) -> type:
        class Made:
            own = of
            shared = held()

            def itself(self) -> Any:
                return Made

        return Made

    same = meaning(make(1)).parts
    assert same == meaning(make(1)).parts
    for other in (2, True, 1.0, None, "1", (1,), {}, [1], types.SimpleNamespace()):
        assert same != meaning(make(other)).parts
    own = {"a": 1}
    assert meaning(make(own)).parts == meaning(make(own)).parts
    assert meaning(make({"a": 1})).parts != meaning(make({"a": 1})).parts, "each may change"
