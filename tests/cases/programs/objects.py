"""Enums, dataclasses, tensors as objects, and what `isinstance` asks."""

import dataclasses
import enum
import types

import torch
from torch import nn

from cases.programs.common import PT, Settings, ones, times9
from cases.registering import case


@case("enum", PT + "142050", 2, "an attribute of an enum member changes", sibling=True)
def enum_attribute(wrap):
    class Mode(enum.Enum):
        FIRST = 1

        def __init__(self, value):
            self.weight = value * 2

    f = wrap(lambda x: x * Mode.FIRST.weight)
    yield lambda: f(ones())
    Mode.FIRST.weight = 9
    yield lambda: f(ones())


@case("enum", PT + "135573", 1, "an enum held by a subclass, compared in a method of the base")
def enum_of_subclass(wrap):
    class Kind(enum.Enum):
        A = 0
        B = 1

    class Base:
        def is_a(self):
            return self._kind == Kind.A

    class Sub(Base):
        _kind = Kind.A

    s = Sub()
    f = wrap(lambda x: x + 1 if s.is_a() else x - 1)
    yield lambda: f(ones())


@dataclasses.dataclass(frozen=True)
class Frozen:
    scale: float = 1.5
    name: str = "a"


@case("dataclass", PT + "195838", 1, "== of two, in the graph", sibling=True)
def dataclass_eq(wrap):
    f = wrap(lambda x, s: x + 1 if s == Frozen() else x - 1)
    yield lambda: f(ones(), Frozen())
    yield lambda: f(ones(), Frozen())


@case("dataclass", PT + "143697", 1, "vars() of an object", sibling=True)
def vars_of_object(wrap):
    f = wrap(lambda x, s: (x + 1, dict(vars(s)), sorted(s.__dict__)))
    yield lambda: f(ones(), Settings())


@case(
    "dataclass",
    PT + "143697",
    2,
    "an attribute is added to an object whose __dict__ is walked",
    sibling=True,
)
def dict_of_object_walked(wrap):
    class Config:
        def __init__(self):
            self.n = 1

    c = Config()
    f = wrap(lambda x: (x + 1, [k for k in c.__dict__]))
    yield lambda: f(ones())
    c.m = 2
    yield lambda: f(ones())


@case("dataclass", PT + "143697", 2, "SimpleNamespace changes", sibling=True)
def simple_namespace(wrap):
    s = types.SimpleNamespace(n=2)
    f = wrap(lambda x: x * s.n)
    yield lambda: f(ones())
    s.n = 9
    yield lambda: f(ones())


@case("isinstance", PT + "149991", 1, "__instancecheck__ of torch.nn.Buffer")
def instancecheck_buffer(wrap):
    b = nn.Buffer(ones())
    f = wrap(lambda t: t + 1 if isinstance(t, nn.Buffer) else t - 1)
    yield lambda: f(b)


@case(
    "isinstance",
    PT + "149991",
    2,
    "callable() of an object whose class gets a __call__",
    sibling=True,
)
def callable_later(wrap):
    class Thing:
        pass

    t = Thing()
    f = wrap(lambda x: x + 1 if callable(t) else x - 1)
    yield lambda: f(ones())
    Thing.__call__ = times9
    yield lambda: f(ones())


@case("tensor attributes", PT + "98928", 2, "a Python attribute of a tensor changes", sibling=True)
def tensor_python_attribute(wrap):
    t = ones()
    t.scale = 2
    f = wrap(lambda x: x * t.scale)
    yield lambda: f(ones())
    t.scale = 9
    yield lambda: f(ones())


@case(
    "tensor attributes",
    PT + "98928",
    2,
    "a Python attribute of a parameter comes to be",
    sibling=True,
)
def parameter_attribute_added(wrap):
    p = nn.Parameter(ones())
    f = wrap(lambda x: x * 2 if hasattr(p, "scale") else x * 9)
    yield lambda: f(ones())
    p.scale = 9
    yield lambda: f(ones())


@case(
    "tensor attributes", PT + "98928", 2, "the data of a parameter have another dtype", sibling=True
)
def data_dtype(wrap):
    p = nn.Parameter(ones())
    f = wrap(lambda x: x + 1 if p.dtype == torch.float32 else x - 1)
    yield lambda: f(ones())
    p.data = p.data.double()
    yield lambda: f(ones())


@case("tensor attributes", PT + "98928", 2, "an attribute of a subclass of Tensor", sibling=True)
def subclass_attribute(wrap):
    class Mine(torch.Tensor):
        scale = 2

    t = ones().as_subclass(Mine)
    f = wrap(lambda t: t.as_subclass(torch.Tensor) * t.scale)
    yield lambda: f(t)
    Mine.scale = 9
    yield lambda: f(t)


@case(
    "dataclass",
    "tensordict/pull/1713",
    1,
    "an attribute that is there or not, with the class's default otherwise (tensordict)",
)
def attribute_there_or_not(wrap):
    class Table:
        names = None

        def __init__(self, t):
            self.t = t

    f = wrap(lambda v: v.t + 1 if v.names is None else v.t - 1)
    a, b = Table(ones()), Table(ones())
    b.names = None
    yield lambda: f(a)
    yield lambda: f(b)
