"""Two places come to hold one object, or no longer do."""

from __future__ import annotations

import collections
import dataclasses
import enum
import types
from typing import Any

import pytest
import torch
from facts import Plan, Plans, both_runs
from torch import nn

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class A:
    def __init__(self, n=1):
        self.n = n
        self.l = [n]


G1 = [1]
G2 = {"n": 1}
SENTINEL = object()
OBJ = A()


@plan
def is_args(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)
    yield lambda: f(ONE, a, b)


@plan
def is_not_args(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is not b else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, a)
    yield lambda: f(ONE, a, b)


@plan
def is_lists(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    a, b = [1], [1]
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def is_tuples(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    a, b = tuple([1, 2]), tuple([1, 2])
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def is_sets(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    a, b = {1}, {1}
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def is_global(wrap):
    f = wrap(lambda x, a: x * 2 if a is OBJ else x * 3)
    a = A()
    yield lambda: f(ONE, a)
    yield lambda: f(ONE, OBJ)


@plan
def is_sentinel(wrap):
    f = wrap(lambda x, a=SENTINEL: x * 2 if a is SENTINEL else x * 3)
    o = object()
    yield lambda: f(ONE, o)
    yield lambda: f(ONE, SENTINEL)
    yield lambda: f(ONE)


@plan
def is_attr(wrap):
    h = A()
    h.a = A()
    h.b = A()
    f = wrap(lambda x: x * 2 if h.a is h.b else x * 3)
    yield lambda: f(ONE)
    h.b = h.a
    yield lambda: f(ONE)


@plan
def is_elements(wrap):
    l = [A(), A()]
    f = wrap(lambda x: x * 2 if l[0] is l[1] else x * 3)
    yield lambda: f(ONE)
    l[1] = l[0]
    yield lambda: f(ONE)


@plan
def is_module_attr(wrap):
    m = nn.Module()
    m.a = nn.ReLU()
    m.b = nn.ReLU()
    f = wrap(lambda x: x * 2 if m.a is m.b else x * 3)
    yield lambda: f(ONE)
    m.b = m.a
    yield lambda: f(ONE)


@plan
def is_tensors(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    a, b = torch.ones(2), torch.ones(2)
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def is_functions(wrap):
    mk = lambda: lambda x: x * 2
    a, b = mk(), mk()
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def is_bound(wrap):
    o = A()
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    m = o.__init__
    k = o.__init__
    yield lambda: f(ONE, m, k)
    yield lambda: f(ONE, m, m)


@plan
def is_types(wrap):
    f = wrap(lambda x, a, b: x * 2 if a is b else x * 3)
    yield lambda: f(ONE, int, str)
    yield lambda: f(ONE, int, int)


@plan
def eq_default(wrap):
    f = wrap(lambda x, a, b: x * 2 if a == b else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def ne_default(wrap):
    f = wrap(lambda x, a, b: x * 2 if a != b else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def in_list(wrap):
    l = [A(), A()]
    f = wrap(lambda x, a: x * 2 if a in l else x * 3)
    a = A()
    yield lambda: f(ONE, a)
    yield lambda: f(ONE, l[1])
    yield lambda: f(ONE, a)


@plan
def not_in_tuple(wrap):
    l = (A(), A())
    f = wrap(lambda x, a: x * 2 if a not in l else x * 3)
    a = A()
    yield lambda: f(ONE, a)
    yield lambda: f(ONE, l[1])


class Unequal:
    """Is equal to nothing, not to itself either: Python finds it by who it is."""

    def __eq__(self, other):
        return False

    def __hash__(self):
        return 1


@plan
def in_list_of_unequal(wrap):
    f = wrap(lambda x, a, b: (x + 1, a in [b], a not in (b, 1)))
    a, b = Unequal(), Unequal()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def items_of_unequal(wrap):
    f = wrap(lambda x, a, b: (x + 1, {"key": a}.items() == {"key": b}.items()))
    a, b = Unequal(), Unequal()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def index_list(wrap):
    l = [A(), A()]
    f = wrap(lambda x, a: x * l.index(a))
    yield lambda: f(ONE, l[1])
    yield lambda: f(ONE, l[0])


@plan
def count_list(wrap):
    a, b = A(), A()
    l = [a, b]
    f = wrap(lambda x, a: x * l.count(a))
    yield lambda: f(ONE, a)
    l[1] = a
    yield lambda: f(ONE, a)


@plan
def remove_list(wrap):
    a, b = A(1), A(2)
    f = wrap(lambda x, l, a: (l.remove(a), x * len(l) * l[0].n)[1])
    yield lambda: f(ONE, [a, b], a)
    yield lambda: f(ONE, [a, b], b)


@plan
def dict_by_identity(wrap):
    a, b, c = A(), A(), A()
    d = {a: 2, b: 9}
    f = wrap(lambda x, k: x * d.get(k, 5))
    yield lambda: f(ONE, a)
    yield lambda: f(ONE, b)
    yield lambda: f(ONE, c)


@plan
def dict_in_by_identity(wrap):
    a, b = A(), A()
    d = {a: 2}
    f = wrap(lambda x, k: x * 2 if k in d else x * 3)
    yield lambda: f(ONE, b)
    yield lambda: f(ONE, a)
    d[b] = 1
    yield lambda: f(ONE, b)


@plan
def set_in_by_identity(wrap):
    a, b = A(), A()
    d = {a}
    f = wrap(lambda x, k: x * 2 if k in d else x * 3)
    yield lambda: f(ONE, b)
    yield lambda: f(ONE, a)
    d.add(b)
    yield lambda: f(ONE, b)


@plan
def two_keys(wrap):
    f = wrap(lambda x, a, b: x * len({a: 1, b: 2}))
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def set_of_two(wrap):
    f = wrap(lambda x, a, b: x * len({a, b}))
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def id_equal(wrap):
    f = wrap(lambda x, a, b: x * 2 if id(a) == id(b) else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def id_set(wrap):
    f = wrap(lambda x, a, b: x * len({id(a), id(b)}))
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def id_in(wrap):
    seen = {1}
    f = wrap(lambda x, a: x * 2 if id(a) in seen else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a)
    seen.add(id(b))
    yield lambda: f(ONE, b)


@plan
def hash_equal(wrap):
    f = wrap(lambda x, a, b: x * 2 if hash(a) == hash(b) else x * 3)
    a, b = A(), A()
    yield lambda: f(ONE, a, b)
    yield lambda: f(ONE, a, a)


@plan
def append_two(wrap):
    f = wrap(lambda x, a, b: (a.append(1), b.append(2), x * len(a) * len(b))[2])
    a = []
    yield lambda: f(ONE, [], [])

    def go():
        a = []
        return f(ONE, a, a), a

    yield go


@plan
def set_attr_two(wrap):
    def fn(x, a, b):
        a.n = 5
        return x * b.n

    f = wrap(fn)
    yield lambda: f(ONE, A(), A())

    def go():
        a = A()
        return f(ONE, a, a)

    yield go


@plan
def dict_set_two(wrap):
    def fn(x, a, b):
        a["k"] = 5
        return x * len(b)

    f = wrap(fn)
    yield lambda: f(ONE, {}, {})

    def go():
        a = {}
        return f(ONE, a, a)

    yield go


@plan
def set_add_two(wrap):
    def fn(x, a, b):
        a.add(5)
        return x * len(b)

    f = wrap(fn)
    yield lambda: f(ONE, {1}, {1})

    def go():
        a = {1}
        return f(ONE, a, a)

    yield go


@plan
def deque_two(wrap):
    def fn(x, a, b):
        a.append(5)
        return x * len(b)

    f = wrap(fn)
    D = collections.deque
    yield lambda: f(ONE, D([1]), D([1]))

    def go():
        a = D([1])
        return f(ONE, a, a)

    yield go


@plan
def alias_of_global(wrap):
    def fn(x, a):
        a.append(5)
        return x * len(G1)

    f = wrap(fn)
    yield lambda: f(ONE, [])

    def go():
        del G1[1:]
        r = f(ONE, G1)
        return r, list(G1)

    yield go
    del G1[1:]


@plan
def alias_global_mutated(wrap):
    def fn(x, a):
        G1.append(5)
        return x * len(a)

    f = wrap(fn)
    yield lambda: (G1.__delitem__(slice(1, None)), f(ONE, [1]))[1]
    yield lambda: (G1.__delitem__(slice(1, None)), f(ONE, G1))[1]
    del G1[1:]


@plan
def alias_of_closure(wrap):
    c = [1]

    def fn(x, a):
        a.append(5)
        return x * len(c)

    f = wrap(fn)
    yield lambda: (f(ONE, [1]),)
    yield lambda: (c.__delitem__(slice(1, None)), f(ONE, c))[1]


@plan
def alias_of_attr(wrap):
    h = A()

    def fn(x, a):
        a.append(5)
        return x * len(h.l)

    f = wrap(fn)
    yield lambda: (f(ONE, [1]),)
    yield lambda: (h.l.__delitem__(slice(1, None)), f(ONE, h.l))[1]


@plan
def alias_of_element(wrap):
    def fn(x, a, b):
        a.append(5)
        return x * len(b[0])

    f = wrap(fn)
    yield lambda: (f(ONE, [1], [[1]]),)

    def go():
        a = [1]
        return f(ONE, a, [a])

    yield go


@plan
def alias_nested_object(wrap):
    def fn(x, a, b):
        a.n = 5
        return x * b.inner.n

    f = wrap(fn)

    def mk():
        o = A()
        o.inner = A()
        return o

    yield lambda: f(ONE, A(), mk())

    def go():
        o = mk()
        return f(ONE, o.inner, o)

    yield go


@plan
def alias_tensor_attr(wrap):
    def fn(x, a, b):
        a.t = x * 2
        return x + b.t

    f = wrap(fn)

    def mk():
        o = A()
        o.t = torch.ones(2)
        return o

    yield lambda: f(ONE, mk(), mk())

    def go():
        o = mk()
        return f(ONE, o, o)

    yield go


@plan
def alias_dict_values(wrap):
    def fn(x, d):
        d["a"].append(1)
        return x * len(d["b"])

    f = wrap(fn)
    yield lambda: f(ONE, {"a": [], "b": []})

    def go():
        a = []
        return f(ONE, {"a": a, "b": a})

    yield go


@plan
def alias_vanishes(wrap):
    def fn(x, a, b):
        a.append(1)
        return x * len(b)

    f = wrap(fn)

    def go():
        a = []
        return f(ONE, a, a)

    yield go
    yield lambda: f(ONE, [], [])


@plan
def alias_module_buffers(wrap):
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 0

        def forward(self, x):
            self.n += 1
            return x * self.n

    class W(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = M()
            self.b = M()

        def forward(self, x):
            return self.b(self.a(x))

    def mk(share):
        w = W()
        if share:
            w.b = w.a
        return w

    f = wrap(lambda x, w: w(x))
    yield lambda: f(ONE, mk(False))
    yield lambda: f(ONE, mk(True))


@plan
def del_attr_two(wrap):
    def fn(x, a, b):
        del a.n
        return x * 2 if hasattr(b, "n") else x * 3

    f = wrap(fn)
    yield lambda: f(ONE, A(), A())

    def go():
        a = A()
        return f(ONE, a, a)

    yield go


@plan
def pop_two(wrap):
    def fn(x, a, b):
        a.pop()
        return x * len(b)

    f = wrap(fn)
    yield lambda: f(ONE, [1, 2], [1, 2])

    def go():
        a = [1, 2]
        return f(ONE, a, a)

    yield go


@plan
def three_args(wrap):
    def fn(x, a, b, c):
        a.append(1)
        return x * len(b) + len(c)

    f = wrap(fn)
    yield lambda: f(ONE, [], [], [])

    def go():
        a = []
        return f(ONE, a, [], a)

    yield go

    def go2():
        a = []
        return f(ONE, [], a, a)

    yield go2


@plan
def enum_sentinel(wrap):
    class M(enum.Enum):
        X = 1
        Y = 2

    f = wrap(lambda x, m: x * 2 if m is M.X else x * 3)
    yield lambda: f(ONE, M.Y)
    yield lambda: f(ONE, M.X)


@plan
def enum_key(wrap):
    class M(enum.Enum):
        X = 1
        Y = 2

    d = {M.X: 2, M.Y: 9}
    f = wrap(lambda x, m: x * d[m])
    yield lambda: f(ONE, M.Y)
    yield lambda: f(ONE, M.X)


@plan
def list_eq_identity(wrap):
    f = wrap(lambda x, a, b: x * 2 if a == b else x * 3)
    p, q = A(), A()
    yield lambda: f(ONE, [p], [q])
    yield lambda: f(ONE, [p], [p])


@plan
def dict_eq_identity(wrap):
    f = wrap(lambda x, a, b: x * 2 if a == b else x * 3)
    p, q = A(), A()
    yield lambda: f(ONE, {"k": p}, {"k": q})
    yield lambda: f(ONE, {"k": p}, {"k": p})


@plan
def tuple_eq_identity(wrap):
    f = wrap(lambda x, a, b: x * 2 if a == b else x * 3)
    p, q = A(), A()
    yield lambda: f(ONE, (p,), (q,))
    yield lambda: f(ONE, (p,), (p,))


@plan
def dataclass_eq_identity(wrap):
    @dataclasses.dataclass
    class D:
        v: object

    f = wrap(lambda x, a, b: x * 2 if a == b else x * 3)
    p, q = A(), A()
    yield lambda: f(ONE, D(p), D(q))
    yield lambda: f(ONE, D(p), D(p))


@plan
def any_is(wrap):
    l = [A(), A()]
    f = wrap(lambda x, a: x * 2 if any(a is e for e in l) else x * 3)
    a = A()
    yield lambda: f(ONE, a)
    yield lambda: f(ONE, l[1])


@plan
def nonlocal_alias(wrap):
    a, b = [1], [1]

    def fn(x):
        a.append(1)
        return x * len(b)

    f = wrap(fn)
    yield lambda: f(ONE)
    b = a
    yield lambda: f(ONE)


@plan
def dict_two_globals(wrap):
    def fn(x, d):
        G2["n"] = 5
        return x * d["n"]

    f = wrap(fn)
    yield lambda: (G2.__setitem__("n", 1), f(ONE, {"n": 1}))[1]
    yield lambda: (G2.__setitem__("n", 1), f(ONE, G2))[1]


@plan
def carried_two_no_recompile(wrap):
    f = wrap(lambda x, a, b: (x + 1, a, b))
    a = A()
    yield lambda: f(ONE, A(), A())[0]
    yield lambda: f(ONE, a, a)[0]


@plan
def namespace_mut(wrap):
    def fn(x, a, b):
        a.n = 5
        return x * b.n

    f = wrap(fn)
    N = types.SimpleNamespace
    yield lambda: f(ONE, N(n=1), N(n=1))

    def go():
        a = N(n=1)
        return f(ONE, a, a)

    yield go


@plan
def bound_method_is_made_at_each_reading(wrap):
    class A:
        def act(self): ...

    a = A()
    held = [a.act]

    def ask(x):
        once = a.act
        return x + 1, a.act is a.act, once is once, a.act is not a.act, held[0] is held[0]

    f = wrap(ask)
    yield lambda: f(ONE)
    a.act = held[0]
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)
