"""Iterators and weak references."""

import weakref

import torch
from torch import nn

from cases.programs.common import PT, ones
from cases.registering import case


@case("iterators", PT + "196211", 1, "iter() of a reversed iterator that is used in part")
def reversed_partly(wrap):
    def fn(x):
        r = reversed([1, 2, 3])
        next(r)
        total = 0
        for value in iter(r):
            total = total * 10 + value
        return x + total

    f = wrap(fn)
    yield lambda: f(ones())


@case("iterators", PT + "196211", 1, "an iterator argument that is used up", sibling=True)
def iterator_argument(wrap):
    def fn(x, it):
        return x + next(it)

    f = wrap(fn)
    it = iter([1, 2, 3])
    yield lambda: f(ones(), it)
    yield lambda: next(it)


@case("iterators", PT + "196211", 2, "a reversed() argument", sibling=True)
def reversed_argument(wrap):
    f = wrap(lambda x, it: x + next(it))
    yield lambda: f(ones(), reversed([1, 5]))
    yield lambda: f(ones(), reversed([1, 9]))


@case("iterators", PT + "196211", 2, "zip and enumerate as arguments", sibling=True)
def zip_argument(wrap):
    f = wrap(lambda x, it: x + sum(a * b for a, b in it))
    yield lambda: f(ones(), zip([1, 2], [3, 4]))
    yield lambda: f(ones(), zip([1, 2], [3, 9]))
    yield lambda: f(ones(), enumerate([3, 9]))


@case("iterators", PT + "196211", 2, "a slice with another step", sibling=True)
def slice_argument(wrap):
    f = wrap(lambda x, s: x[s] + 1)
    yield lambda: f(torch.arange(4.0), slice(0, 4, 1))
    yield lambda: f(torch.arange(4.0), slice(0, 4, 2))


@case(
    "weak references",
    PT + "147597",
    2,
    "what a weak reference leads to dies between calls",
    sibling=True,
)
def weakref_dies(wrap):
    class Thing:
        n = 2

    t = Thing()
    r = weakref.ref(t)
    f = wrap(lambda x: x * 9 if r() is None else x * r().n)
    yield lambda: f(ones())
    del t
    import gc

    gc.collect()
    yield lambda: f(ones())


@case("weak references", PT + "94665", 2, "what is behind the weak proxy changes", sibling=True)
def weak_proxy_changes(wrap):
    class Trainer:
        def __init__(self):
            self.n = 2

    class Model(nn.Module):
        def forward(self, x):
            return x * self.trainer.n

    t = Trainer()
    m = Model()
    m.trainer = weakref.proxy(t)
    f = wrap(m)
    yield lambda: f(ones())
    t.n = 9
    yield lambda: f(ones())


@case("weak references", PT + "128533", 2, "a weak key dictionary", sibling=True)
def weak_key_dict(wrap):
    class Thing:
        pass

    t = Thing()
    d = weakref.WeakKeyDictionary({t: 2})
    f = wrap(lambda x: x * d[t])
    yield lambda: f(ones())
    d[t] = 9
    yield lambda: f(ones())


@case("iterators", PT + "133063", 1, "list.extend with a generator that reads the list")
def extend_generator(wrap):
    def fn(x):
        y = [x]
        y.extend(e for e in (y[-1] + i for i in range(3)))
        return y

    f = wrap(fn)
    yield lambda: f(ones())
