"""Numbers, texts and NumPy values, and what is dynamic among them."""

import math

import numpy as np
import torch
from torch import nn

from cases.programs.common import PR, PT, ones
from cases.registering import case

a_number = 2


@case("constants", PR + "192604", 2, "complex numbers with NaN in one part")
def complex_nan(wrap):
    f = wrap(lambda x, c: (x + 1, c.real))
    yield lambda: f(ones(), complex(5.0, math.nan))
    yield lambda: f(ones(), complex(7.0, math.nan))


@case("constants", PR + "192604", 1, "NaN again and again", sibling=True)
def nan_again(wrap):
    f = wrap(lambda x, v: (x + 1, v != v))
    for _ in range(3):
        yield lambda: f(ones(), float("nan"))


@case("constants", PR + "192604", 2, "1, then True, then 1.0", sibling=True)
def one_true(wrap):
    f = wrap(lambda x, v: (x + 1, type(v).__name__))
    yield lambda: f(ones(), 1)
    yield lambda: f(ones(), True)
    yield lambda: f(ones(), 1)


@case("constants", PR + "192604", 3, "1, True and 1.0 in a tuple", sibling=True)
def one_true_tuple(wrap):
    f = wrap(lambda x, v: (x + 1, [type(e).__name__ for e in v]))
    yield lambda: f(ones(), (1,))
    yield lambda: f(ones(), (True,))
    yield lambda: f(ones(), (1.0,))


@case("constants", PR + "192604", 3, "1, True and 1.0 in a frozenset", sibling=True)
def one_true_frozenset(wrap):
    f = wrap(lambda x, v: (x + 1, [type(e).__name__ for e in v]))
    yield lambda: f(ones(), frozenset([1]))
    yield lambda: f(ones(), frozenset([True]))
    yield lambda: f(ones(), frozenset([1.0]))


@case("constants", PR + "192604", 2, "a subclass of str with an attribute", sibling=True)
def str_subclass(wrap):
    class Name(str):
        pass

    a, b = Name("n"), Name("n")
    a.unit, b.unit = 2, 9
    f = wrap(lambda x, s: x * s.unit)
    yield lambda: f(ones(), a)
    yield lambda: f(ones(), b)


@case("constants", PR + "192604", 2, "a big int", sibling=True)
def big_int(wrap):
    f = wrap(lambda x, n: (x + 1, n % 7))
    yield lambda: f(ones(), 2**70)
    yield lambda: f(ones(), 2**70 + 1)


@case("constants", PR + "192604", 2, "a bytearray changes in place", sibling=True)
def a_bytearray(wrap):
    b = bytearray(b"ab")
    f = wrap(lambda x: x * b[0])
    yield lambda: f(ones())
    b[0] = 9
    yield lambda: f(ones())


@case("dynamic policy", PT + "132849", 2, "an int argument that grows")
def int_grows(wrap):
    f = wrap(lambda x, n: x * n)
    for n in (3, 4, 5, 6, 7):
        yield lambda: f(ones(), n)


@case("dynamic policy", PT + "149406", 2, "a float argument that changes")
def float_changes(wrap):
    f = wrap(lambda x, n: x * n)
    for n in (1.5, 2.5, 3.5, 4.5):
        yield lambda: f(ones(), n)


@case("dynamic policy", PT + "149406", 1, "a float argument under dynamic=True", sibling=True)
def float_dynamic(wrap):
    f = wrap(lambda x, n: x * n, dynamic=True)
    for n in (1.5, 2.5, 3.5, 4.5):
        yield lambda: f(ones(), n)


@case(
    "dynamic policy",
    PT + "161119",
    2,
    "a global int that splits what has just that many rows (vllm, mamba)",
)
def split_global(wrap):
    global a_number

    f = wrap(lambda x: torch.split(x, [0, a_number], dim=0)[1] + 1)
    for n in (8, 4, 3, 6, 5):
        a_number = n
        yield lambda: f(torch.ones(n, 2))


@case(
    "dynamic policy",
    PT + "167596",
    1,
    "a string that is only stored in a dict (no part of the graph)",
)
def string_stored(wrap):
    log = {}

    def fn(x, name):
        log[name] = 0
        return x.sin()

    f = wrap(fn)
    for name in "abc":
        yield lambda: f(ones(), name)


@case(
    "dynamic policy",
    "peft/pull/2416",
    2,
    "the scaling of an adapter, a float in a dict of a module (peft)",
)
def scaling_in_dict(wrap):
    class Lora(nn.Module):
        def __init__(self):
            super().__init__()
            self.scaling = {"default": 1.0}

        def forward(self, x):
            return x * self.scaling["default"]

    m = Lora()
    f = wrap(m)
    for s in (1.0, 0.5, 0.25, 0.75, 2.0):
        m.scaling["default"] = s
        yield lambda: f(ones())


@case("dynamic policy", PT + "132849", 2, "a size of a tensor", sibling=True)
def tensor_sizes(wrap):
    f = wrap(lambda x: x + 1)
    for n in (2, 3, 4, 5, 6):
        yield lambda: f(torch.ones(n))


@case("numpy", PT + "141258", 1, "round of a numpy scalar of the graph")
def numpy_floor(wrap):
    f = wrap(lambda x: x + int(round(np.floor(3.1))))
    yield lambda: f(ones())


@case("numpy", PT + "141258", 2, "a numpy float that is an attribute changes", sibling=True)
def numpy_float_attribute(wrap):
    class Box:
        pass

    b = Box()
    b.v = np.float64(2.0)
    f = wrap(lambda x: x * float(b.v))
    yield lambda: f(ones())
    b.v = np.float64(9.0)
    yield lambda: f(ones())


@case("numpy", PT + "141258", 2, "a numpy int as an index", sibling=True)
def numpy_int_index(wrap):
    f = wrap(lambda x, i: x[int(i)] + 1)
    yield lambda: f(torch.arange(4.0), np.int64(1))
    yield lambda: f(torch.arange(4.0), np.int64(2))


@case("numpy", PT + "141258", 2, "a numpy bool that is tested", sibling=True)
def numpy_bool(wrap):
    f = wrap(lambda x, b: x + 1 if b else x - 1)
    yield lambda: f(ones(), np.bool_(True))
    yield lambda: f(ones(), np.bool_(False))


@case("numpy", PT + "141258", 2, "item of an array of a closure changes", sibling=True)
def numpy_array_item(wrap):
    a = np.array([2.0, 3.0])
    f = wrap(lambda x: x * torch.from_numpy(a))
    yield lambda: f(ones())
    a[0] = 9.0
    yield lambda: f(ones())


@case("numpy", PT + "140884", 1, "an array argument is compared")
def numpy_compare(wrap):
    f = wrap(lambda a: a >= 3)
    yield lambda: f(np.arange(5)).tolist()


@case("numpy", PT + "141258", 1, "a numpy scalar that is returned keeps its type", sibling=True)
def numpy_returned(wrap):
    f = wrap(lambda x, v: (x + 1, v))
    yield lambda: f(ones(), np.float32(2.5))
