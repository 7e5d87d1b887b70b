"""Dicts, sets, lists and tuples: keys, order, types of what they hold."""

import enum
import types
from collections import OrderedDict, defaultdict, namedtuple
from typing import NamedTuple

import torch
from torch import nn

from cases.programs.common import PR, PT, Settings, ones
from cases.registering import case


@case("containers", PT + "133487", 2, "the order of an ordered dict", sibling=True)
def ordered_dict_order(wrap):
    d = OrderedDict(a=1, b=2)

    def fn(x):
        for value in d.values():
            x = x * 2 + value
        return x

    f = wrap(fn)
    yield lambda: f(ones())
    d.move_to_end("a")
    yield lambda: f(ones())


@case("containers", PT + "133487", 2, "next(iter()) of a dict", sibling=True)
def dict_first(wrap):
    f = wrap(lambda x, d: x * d[next(iter(d))])
    yield lambda: f(ones(), {"a": 1.0, "b": 2.0})
    yield lambda: f(ones(), {"b": 2.0, "a": 1.0})


@case("containers", PT + "133487", 2, "a dict for keywords", sibling=True)
def dict_kwargs_order(wrap):
    def inner(**kw):
        return list(kw)

    f = wrap(lambda x, d: (x + 1, inner(**d)))
    yield lambda: f(ones(), {"a": 1, "b": 2})
    yield lambda: f(ones(), {"b": 2, "a": 1})


@case("containers", PT + "133487", 2, "popitem() of a dict", sibling=True)
def dict_popitem(wrap):
    f = wrap(lambda x, d: (x + 1, d.popitem()))
    yield lambda: f(ones(), {"a": 1, "b": 2})
    yield lambda: f(ones(), {"b": 2, "a": 1})


@case(
    "containers", PT + "133487", 2, "a key that is equal but not the same: 1 and True", sibling=True
)
def dict_key_type(wrap):
    f = wrap(lambda x, d: (x + 1, list(d)))
    yield lambda: f(ones(), {1: 1})
    yield lambda: f(ones(), {True: 1})
    yield lambda: f(ones(), {1.0: 1})


@case("containers", PT + "175858", 1, "a key is added to a dict argument")
def dict_key_added(wrap):
    def fn(d):
        d["loss"] = d["obs"] + 1
        return d

    f = wrap(fn)
    d = {"obs": ones()}
    yield lambda: f(d)
    yield lambda: f(d)
    yield lambda: f(d)


@case("containers", PR + "153150", 1, "an element of sets that differ elsewhere", sibling=True)
def set_other_elements(wrap):
    def a():
        pass

    f = wrap(lambda x, s: x + 1 if 1 in s else x - 1)
    yield lambda: f(ones(), {1, 2, 3})
    yield lambda: f(ones(), {1, 2, 4})
    yield lambda: f(ones(), {1, a})


@case("containers", PR + "170291", 1, "an equal frozenset, another object")
def frozenset_equal(wrap):
    f = wrap(lambda x, s: x + 1 if 3 in s else x - 1)
    for _ in range(3):
        yield lambda: f(ones(), frozenset([1, 2, int("3")]))


@case("containers", PR + "153150", 2, "a set with 1, then with True", sibling=True)
def set_element_type(wrap):
    f = wrap(lambda x, s: (x + 1, [type(e).__name__ for e in s]))
    yield lambda: f(ones(), {1})
    yield lambda: f(ones(), {True})


@case("containers", PR + "196167", 1, "an ordered set keeps its order")
def ordered_set(wrap):
    from torch.utils._ordered_set import OrderedSet

    def fn(x):
        s = OrderedSet([3, 1, 2])
        return x + 1, list(s), s

    f = wrap(fn)
    yield lambda: f(ones())


@case("containers", PR + "196167", 2, "an ordered set as an argument", sibling=True)
def ordered_set_argument(wrap):
    from torch.utils._ordered_set import OrderedSet

    f = wrap(lambda x, s: (x + 1 if 2 in s else x - 1, list(s)))
    yield lambda: f(ones(), OrderedSet([3, 1, 2]))
    yield lambda: f(ones(), OrderedSet([3, 1]))


@case("containers", PT + "171593", 2, "a float as a key")
def float_key(wrap):
    cache = {float(k): torch.full((2,), float(k)) for k in range(1, 6)}

    class Outer(nn.Module):
        def __init__(self, key):
            super().__init__()
            self.key = key

        def forward(self, x):
            return x + cache[self.key]

    f = wrap(lambda m, x: m(x))
    for k in range(1, 6):
        yield lambda: f(Outer(float(k)), ones())


@case("containers", PT + "111603", 1, "an enum member as a key of an argument")
def enum_key(wrap):
    class Part(enum.Enum):
        A = "a"
        B = "b"

    f = wrap(lambda d: d[Part.A] + 1)
    yield lambda: f({Part.A: ones(), Part.B: ones()})
    yield lambda: f({Part.A: ones(), Part.B: ones()})


@case("containers", PR + "186669", 1, "a key with an __eq__ of its own beside constants")
def eq_key(wrap):
    class Key:
        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return hash(self.n)

        def __eq__(self, other):
            return self.n == getattr(other, "n", other)

    def fn(x):
        d = {1: 5}
        return x * d.get(Key(1), 9)

    f = wrap(fn)
    yield lambda: f(ones())


@case(
    "containers", PT + "147440", 2, "the values of a dict as an argument, it changes", sibling=True
)
def dict_values_argument(wrap):
    d = {"a": 3, "b": 4}
    f = wrap(lambda x, values: x * sum(values))
    yield lambda: f(ones(), d.values())
    d["a"] = 9
    yield lambda: f(ones(), d.values())


@case("containers", PT + "150110", 1, "the items of a dict as a result")
def dict_items_result(wrap):
    def fn(x):
        d = {"a": 1, "b": x + 1}
        return type(d.items()).__name__, x + 1

    f = wrap(fn)
    yield lambda: f(ones())


@case("containers", PT + "196173", 2, "a mapping proxy whose dict changes", sibling=True)
def mapping_proxy(wrap):
    d = {"a": 2}
    p = types.MappingProxyType(d)
    f = wrap(lambda x: x * p["a"])
    yield lambda: f(ones())
    d["a"] = 9
    yield lambda: f(ones())


@case(
    "containers",
    PT + "161610",
    1,
    "an attribute is set on an instance of a subclass of a named tuple",
)
def namedtuple_attribute(wrap):
    class Base(NamedTuple):
        a: torch.Tensor

    class Sub(Base):
        pass

    def fn(t):
        t.more = 5
        return t.a + 1

    f = wrap(fn)
    t = Sub(ones())
    yield lambda: (f(t), t.more)


@case("containers", PT + "175943", 1, "a named tuple with an __add__ of its own")
def namedtuple_add(wrap):
    class Pair(namedtuple("Pair", "a b")):
        __slots__ = ()

        def __add__(self, other):
            return Pair(self.a + other.a, self.b + other.b)

    def fn(x):
        s = Pair(x, x + 1) + Pair(x, x)
        return s.a * s.b

    f = wrap(fn)
    yield lambda: f(ones())


@case(
    "containers",
    PT + "133487",
    2,
    "keys of a dict of a closure: one is replaced by an equal one of another type",
    sibling=True,
)
def dict_key_type_closure(wrap):
    d = {1: 5}
    f = wrap(lambda x: (x + 1, [type(k).__name__ for k in d]))
    yield lambda: f(ones())
    d.clear()
    d[True] = 5
    yield lambda: f(ones())


@case("containers", PT + "133487", 2, "two dicts are merged in another order", sibling=True)
def dict_merge_order(wrap):
    f = wrap(lambda x, a, b: (x + 1, list({**a, **b})))
    yield lambda: f(ones(), {"a": 1, "b": 2}, {"c": 3})
    yield lambda: f(ones(), {"b": 2, "a": 1}, {"c": 3})


@case(
    "containers", PT + "133487", 2, "a dict is returned: in the order of the argument", sibling=True
)
def dict_returned_order(wrap):
    f = wrap(lambda d: {k: v + 1 for k, v in d.items()})
    yield lambda: f({"a": ones(), "b": ones() * 5})
    yield lambda: f({"b": ones() * 5, "a": ones()})


@case("containers", PT + "133487", 2, "a copy of a dict is returned", sibling=True)
def dict_copied_order(wrap):
    def fn(d):
        c = dict(d)
        c["z"] = d["a"] + 1
        return list(c)

    f = wrap(fn)
    yield lambda: f({"a": ones(), "b": ones() * 5})
    yield lambda: f({"b": ones() * 5, "a": ones()})


@case("containers", PT + "130537", 2, "tensors of a dict are stacked in the order of its keys")
def dict_keys_stack(wrap):
    f = wrap(lambda d: torch.stack([d[k] for k in d]))
    yield lambda: f({"a": ones(), "b": ones() * 5})
    yield lambda: f({"b": ones() * 5, "a": ones()})


@case("containers", PT + "130537", 2, "unpacking of a dict: a, b = d", sibling=True)
def dict_unpacked(wrap):
    def fn(d):
        first, second = d
        return d[first] * 2 + d[second]

    f = wrap(fn)
    yield lambda: f({"a": ones(), "b": ones() * 5})
    yield lambda: f({"b": ones() * 5, "a": ones()})


@case(
    "containers",
    PT + "130537",
    2,
    "a function with **kwargs that sums them in their order (a dict of tensors)",
    sibling=True,
)
def dict_starred(wrap):
    def inner(**kw):
        total = torch.zeros(2)
        for v in kw.values():
            total = total * 2 + v
        return total

    f = wrap(lambda d: inner(**d))
    yield lambda: f({"a": ones(), "b": ones() * 5})
    yield lambda: f({"b": ones() * 5, "a": ones()})


@case("containers", PT + "96198", 2, "a key that is missing, caught, then there", sibling=True)
def dict_key_error(wrap):
    d = {}

    def fn(x):
        try:
            return x * d["a"]
        except KeyError:
            return x - 1

    f = wrap(fn)
    yield lambda: f(ones())
    d["a"] = 9
    yield lambda: f(ones())


@case(
    "containers", PT + "96198", 2, "setdefault and pop of what is missing, then there", sibling=True
)
def dict_pop_default(wrap):
    f = wrap(lambda x, d: x * d.pop("a", 2))
    yield lambda: f(ones(), {})
    yield lambda: f(ones(), {"a": 9})


def other_keys(name, what, use, first=lambda: {"a": 1, "b": 2}, second=lambda: {"c": 1, "d": 2}):
    def plan(wrap):
        f = wrap(lambda x, d: (x + 1, use(d)))
        yield lambda: f(ones(), first())
        yield lambda: f(ones(), second())

    plan.__name__ = name
    case("containers", PT + "133487", 2, what, sibling=True)(plan)


def _keyworded(**kw):
    return sorted(kw)


# fmt: off
other_keys("keys_list", "list() of a dict with other keys, as many", lambda d: list(d))
other_keys("keys_tuple", "tuple()", lambda d: tuple(d))
other_keys("keys_sorted", "sorted()", lambda d: sorted(d))
other_keys("keys_str", "str()", lambda d: str(d))
other_keys("keys_set", "set()", lambda d: sorted(set(d)))
other_keys("keys_join", "','.join", lambda d: ",".join(d))
other_keys("keys_kwargs", "**d", lambda d: _keyworded(**d))
other_keys("keys_popitem", "popitem()", lambda d: d.popitem())
other_keys("keys_max", "max()", lambda d: max(d))
other_keys("keys_eq", "== of two dicts", lambda d: d == {"a": 1, "b": 2})
other_keys("keys_copy", "dict(d)", lambda d: dict(d))
other_keys("keys_merge", "d | {}", lambda d: d | {"z": 1})
other_keys("keys_star", "[*d]", lambda d: [*d])
other_keys("keys_set_list", "list() of a set", lambda d: sorted(list(d)), lambda: {1, 2}, lambda: {3, 4})
other_keys("keys_ordered_list", "list() of an ordered dict", lambda d: list(d), lambda: OrderedDict(a=1), lambda: OrderedDict(c=1))
other_keys("keys_default_list", "list() of a default dict", lambda d: list(d), lambda: defaultdict(int, a=1), lambda: defaultdict(int, c=1))
other_keys("keys_counter", "Counter of a dict", lambda d: len(d) and list(d.keys()))
other_keys("keys_fromkeys", "dict.fromkeys(d)", lambda d: dict.fromkeys(d, 0))
other_keys("keys_or", "`in` of a list of keys", lambda d: "a" in list(d))
other_keys("keys_map", "map over a dict", lambda d: [k.upper() for k in d])
other_keys("list_str", "str() of a list", lambda d: str(d), lambda: [1, 2], lambda: [3, 4])
other_keys("list_sorted", "sorted() of a list", lambda d: sorted(d), lambda: [2, 1], lambda: [4, 3])
other_keys("list_eq", "== of two lists", lambda d: d == [1, 2], lambda: [1, 2], lambda: [3, 4])
other_keys("tuple_hash", "a tuple as a key", lambda d: {d: 1}.get((1, 2)), lambda: (1, 2), lambda: (3, 4))
other_keys("object_str", "str() of an object with attributes", lambda d: str(d), lambda: types.SimpleNamespace(a=1), lambda: types.SimpleNamespace(a=2))
other_keys("object_vars", "vars() of an object", lambda d: dict(vars(d)), lambda: types.SimpleNamespace(a=1), lambda: types.SimpleNamespace(a=2))
other_keys("object_vars_keys", "vars() of an object with other attributes", lambda d: list(vars(d)), lambda: types.SimpleNamespace(a=1), lambda: types.SimpleNamespace(b=1))
other_keys("dataclass_str", "str() of a dataclass", lambda d: str(d), lambda: Settings(1.0), lambda: Settings(2.0))
other_keys("dataclass_eq_given", "== of dataclasses", lambda d: d == Settings(1.0), lambda: Settings(1.0), lambda: Settings(2.0))
# fmt: on
