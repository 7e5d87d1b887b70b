"""Ordinary programs in which one fact changes between calls: right on `vartrack.sound`, or refused."""

from __future__ import annotations

import abc
import collections
import contextlib
import contextvars
import dataclasses
import enum
import functools
import types
import weakref

import pytest
import torch
from facts import Plans, both_runs
from torch import nn

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


@plan
def settings_in_nested_classes(wrap):

    class Model:
        class Config:
            scale = 2

            class Deep:
                bias = 1

        def run(self, x):
            return x * self.Config.scale + self.Config.Deep.bias

    m = Model()
    f = wrap(lambda x: m.run(x))
    yield (lambda: f(ONE))
    Model.Config.Deep.bias = 7
    yield (lambda: f(ONE))

    class Other:
        scale = 3
        Deep = Model.Config.Deep

    Model.Config = Other
    yield (lambda: f(ONE))
    m.Config = types.SimpleNamespace(scale=5, Deep=types.SimpleNamespace(bias=0))
    yield (lambda: f(ONE))


@plan
def plugins_in_a_registry(wrap):

    class Registry:
        def __init__(self):
            self._items = {}

        def register(self, name):

            def deco(fn):
                self._items[name] = fn
                return fn

            return deco

        def __getitem__(self, name):
            return self._items[name]

        def __contains__(self, name):
            return name in self._items

        def __iter__(self):
            return iter(self._items)

    ops = Registry()
    ops.register("a")(lambda x: x + 1)
    f = wrap(lambda x: [ops[n](x) for n in ops])
    yield (lambda: f(ONE))
    ops.register("b")(lambda x: x * 5)
    yield (lambda: f(ONE))
    ops.register("a")(lambda x: x * 9)
    yield (lambda: f(ONE))
    del ops._items["a"]
    yield (lambda: f(ONE))


@plan
def classes_that_register_themselves(wrap):

    class Base:
        kinds = {}

        def __init_subclass__(cls, name=None, **k):
            super().__init_subclass__(**k)
            Base.kinds[name] = cls

        def go(self, x):
            return x

    class One(Base, name="one"):
        def go(self, x):
            return x + 1

    def use(x, name):
        cls = Base.kinds.get(name, Base)
        return cls().go(x)

    f = wrap(use)
    yield (lambda: f(ONE, "two"))

    class Two(Base, name="two"):
        def go(self, x):
            return x + 2

    yield (lambda: f(ONE, "two"))

    class TwoAgain(Base, name="two"):
        def go(self, x):
            return x + 22

    yield (lambda: f(ONE, "two"))


@plan
def observers(wrap):

    class Subject:
        def __init__(self):
            self.observers = []

        def notify(self, x):
            for o in self.observers:
                x = o(x)
            return x

    s = Subject()
    f = wrap(lambda x: s.notify(x))
    yield (lambda: f(ONE))
    s.observers.append(lambda x: x * 2)
    yield (lambda: f(ONE))
    s.observers[0] = lambda x: x * 3
    yield (lambda: f(ONE))
    s.observers = tuple(s.observers) + (torch.neg,)
    yield (lambda: f(ONE))


@plan
def results_that_an_object_keeps(wrap):

    class Lazy:
        def __init__(self, v):
            self.v = v
            self._cache = {}

        def get(self, k):
            if k not in self._cache:
                self._cache[k] = self.v * k
            return self._cache[k]

    l = Lazy(2)
    f = wrap(lambda x: x * l.get(3))
    yield (lambda: f(ONE))
    l.v = 5
    yield (lambda: f(ONE))
    l._cache.clear()
    yield (lambda: f(ONE))
    l._cache[3] = 100
    yield (lambda: f(ONE))


@plan
def duck_that_is_registered(wrap):

    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

    class Sq(Shape):
        def area(self):
            return 4

    class Duck:
        def area(self):
            return 9

    d = Duck()
    f = wrap(lambda x, s: x * (s.area() if isinstance(s, Shape) else 1))
    yield (lambda: f(ONE, d))
    Shape.register(Duck)
    yield (lambda: f(ONE, d))
    Duck.area = lambda self: 11
    yield (lambda: f(ONE, d))


@plan
def generators_over_a_list(wrap):
    factor = [2]

    def gen(x):
        for k in factor:
            yield (x * k)

    def use(x):
        total = x
        for v in gen(x):
            total = total + v
        return total

    f = wrap(use)
    yield (lambda: f(ONE))
    factor.append(3)
    yield (lambda: f(ONE))
    factor[0] = 9
    yield (lambda: f(ONE))


@plan
def level_in_a_context_variable(wrap):
    level = contextvars.ContextVar("level", default=1)

    @contextlib.contextmanager
    def at(v):
        t = level.set(v)
        try:
            yield
        finally:
            level.reset(t)

    f = wrap(lambda x: x * level.get())
    yield (lambda: f(ONE))

    def inside():
        with at(4):
            return f(ONE)

    yield inside
    yield (lambda: f(ONE))
    yield (lambda: contextvars.copy_context().run(lambda: (level.set(8), f(ONE))[1]))


@plan
def methods_with_settled_arguments(wrap):

    class A:
        def base(self, x, k):
            return x * k

        double = functools.partialmethod(base, k=2)

    a = A()
    f = wrap(lambda x: a.double(x))
    yield (lambda: f(ONE))
    A.double = functools.partialmethod(A.base, k=5)
    yield (lambda: f(ONE))
    A.base = lambda self, x, k: x - k
    yield (lambda: f(ONE))
    A.double = functools.partialmethod(A.base, k=5)
    yield (lambda: f(ONE))


@plan
def strategy_in_an_enum(wrap):

    class Act(enum.Enum):
        RELU = "relu"
        NEG = "neg"

        def __call__(self, x):
            return getattr(torch, self.value)(x)

    f = wrap(lambda x, a: a(x))
    yield (lambda: f(ONE, Act.RELU))
    yield (lambda: f(ONE, Act.NEG))
    Act.__call__ = lambda self, x: x * 3
    yield (lambda: f(ONE, Act.NEG))


@plan
def fields_of_a_dataclass_and_its_base(wrap):

    @dataclasses.dataclass
    class Base:
        a: int = 1

        def total(self):
            return sum((getattr(self, fl.name) for fl in dataclasses.fields(self)))

    @dataclasses.dataclass
    class Child(Base):
        b: int = 2

    c = Child()
    f = wrap(lambda x: x * c.total())
    yield (lambda: f(ONE))
    c.b = 10
    yield (lambda: f(ONE))
    Base.total = lambda self: 100
    yield (lambda: f(ONE))
    Child.total = lambda self: 1
    yield (lambda: f(ONE))


@plan
def frozen_dataclass_that_is_replaced(wrap):

    @dataclasses.dataclass(frozen=True)
    class Cfg:
        a: int = 1
        b: tuple = (1, 2)

    c = [Cfg()]
    f = wrap(lambda x: x * dataclasses.replace(c[0], a=3).b[1] * c[0].a)
    yield (lambda: f(ONE))
    c[0] = Cfg(2, (1, 9))
    yield (lambda: f(ONE))
    object.__setattr__(c[0], "b", (1, 4))
    yield (lambda: f(ONE))


@plan
def surgery_on_modules(wrap):
    m = nn.Sequential(nn.Identity(), nn.Sequential(nn.Identity(), nn.ReLU()))
    f = wrap(lambda x: m(x - 2))
    yield (lambda: f(ONE))
    m[1][1] = nn.Tanh()
    yield (lambda: f(ONE))
    m[1].add_module("2", nn.Sigmoid())
    yield (lambda: f(ONE))
    m[1][0].forward = lambda x: x * 7
    yield (lambda: f(ONE))
    del m[1][1]
    yield (lambda: f(ONE))
    m.forward = types.MethodType(lambda self, x: x, m)
    yield (lambda: f(ONE))


@plan
def layers_that_are_wrapped(wrap):

    class Lora(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner
            self.on = True

        def forward(self, x):
            return self.inner(x) * (2 if self.on else 1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Identity() for _ in range(3)])

        def forward(self, x):
            for l in self.layers:
                x = l(x)
            return x

    n = Net()
    f = wrap(n)
    yield (lambda: f(ONE))
    n.layers[1] = Lora(n.layers[1])
    yield (lambda: f(ONE))
    n.layers[1].on = False
    yield (lambda: f(ONE))
    n.layers.insert(0, Lora(nn.Identity()))
    yield (lambda: f(ONE))


@plan
def property_of_a_module(wrap):

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self._k = 2

        @property
        def k(self):
            return self._k

        @k.setter
        def k(self, v):
            self._k = v

        def forward(self, x):
            return x * self.k

    n = Net()
    f = wrap(n)
    yield (lambda: f(ONE))
    n.k = 5
    yield (lambda: f(ONE))
    Net.k = property(lambda self: 100)
    yield (lambda: f(ONE))


@plan
def registry_of_weak_references(wrap):

    class Obj:
        v = 3

    o = Obj()
    reg = weakref.WeakValueDictionary(a=o)

    def use(x):
        got = reg.get("a")
        return x * (got.v if got is not None else 1)

    f = wrap(use)
    yield (lambda: f(ONE))
    o.v = 5
    yield (lambda: f(ONE))
    del reg["a"]
    yield (lambda: f(ONE))


@plan
def singleton(wrap):

    class One:
        _inst = None

        def __new__(cls):
            if cls._inst is None:
                cls._inst = super().__new__(cls)
                cls._inst.v = 2
            return cls._inst

    One()
    f = wrap(lambda x: x * One().v)
    yield (lambda: f(ONE))
    One._inst.v = 6
    yield (lambda: f(ONE))
    i = object.__new__(One)
    i.v = 9
    One._inst = i
    yield (lambda: f(ONE))


@plan
def proxy(wrap):

    class Proxy:
        def __init__(self, t):
            object.__setattr__(self, "_t", t)

        def __getattr__(self, n):
            return getattr(self._t, n)

    t = types.SimpleNamespace(v=2)
    p = Proxy(t)
    f = wrap(lambda x: x * p.v)
    yield (lambda: f(ONE))
    t.v = 5
    yield (lambda: f(ONE))
    object.__setattr__(p, "v", 11)
    yield (lambda: f(ONE))
    object.__delattr__(p, "v")
    object.__setattr__(p, "_t", types.SimpleNamespace(v=1))
    yield (lambda: f(ONE))


@plan
def mixins_in_another_order(wrap):

    class A:
        def go(self, x):
            return x + 1

    class M1(A):
        def go(self, x):
            return super().go(x) * 2

    class M2(A):
        def go(self, x):
            return super().go(x) * 3

    class C(M1, M2):
        pass

    c = C()
    f = wrap(lambda x: c.go(x))
    yield (lambda: f(ONE))
    C.__bases__ = (M2, M1)
    yield (lambda: f(ONE))
    del M1.go
    yield (lambda: f(ONE))
    A.go = lambda self, x: x - 1
    yield (lambda: f(ONE))


@plan
def operators_of_a_vector(wrap):

    class V:
        def __init__(self, t):
            self.t = t

        def __add__(self, o):
            return V(self.t + (o.t if isinstance(o, V) else o))

        def __matmul__(self, o):
            return (self.t * o.t).sum()

    a = V(ONE)
    f = wrap(lambda x: (a + V(x)) @ V(x))
    yield (lambda: f(ONE))
    V.__matmul__ = lambda self, o: self.t.sum()
    yield (lambda: f(ONE))
    a.t = torch.zeros(2)
    yield (lambda: f(ONE))
    V.__add__ = lambda self, o: o
    yield (lambda: f(ONE))


@plan
def loop_that_an_exception_ends(wrap):

    class Stop(Exception):
        pass

    class Src:
        n = 2

        def next(self, i):
            if i >= self.n:
                raise Stop(i)
            return i

    s = Src()

    def use(x):
        i = 0
        try:
            while True:
                x = x + s.next(i)
                i += 1
        except Stop as e:
            return (x, e.args[0])

    f = wrap(use)
    yield (lambda: f(ONE))
    Src.n = 3
    yield (lambda: f(ONE))
    s.n = 1
    yield (lambda: f(ONE))


@plan
def chain_of_handlers(wrap):

    class H:
        nxt = None

        def __init__(self, k):
            self.k = k

        def run(self, x):
            x = x * self.k
            return self.nxt.run(x) if self.nxt else x

    a, b = (H(2), H(3))
    f = wrap(lambda x: a.run(x))
    yield (lambda: f(ONE))
    a.nxt = b
    yield (lambda: f(ONE))
    H.__bool__ = lambda self: False
    yield (lambda: f(ONE))


@plan
def stack_of_settings(wrap):
    stack = [{"k": 2}]

    def current():
        return collections.ChainMap(*reversed(stack))

    f = wrap(lambda x: x * current()["k"])
    yield (lambda: f(ONE))
    stack.append({"k": 5})
    yield (lambda: f(ONE))
    stack[-1].clear()
    yield (lambda: f(ONE))


@plan
def tensor_in_a_dict(wrap):
    held = {"w": torch.ones(2)}
    f = wrap(lambda x: x * 2 if held["w"].requires_grad else x * held["w"].shape[0])
    yield lambda: f(ONE)
    held["w"].data = torch.ones(3)
    yield lambda: f(ONE)
    held["w"].requires_grad_()
    yield lambda: f(ONE)


@plan
def function_that_is_decorated_again(wrap):
    calls = []

    def scaled(k):

        def deco(fn):

            @functools.wraps(fn)
            def inner(*a):
                return fn(*a) * k

            return inner

        return deco

    @scaled(2)
    def g(x):
        return x + 1

    f = wrap(lambda x: g(x))
    yield (lambda: f(ONE))
    g = scaled(3)(g)
    yield (lambda: f(ONE))
    g = g.__wrapped__.__wrapped__
    yield (lambda: f(ONE))


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    both_runs(PLANS[name], refuses=True)
