"""Keys, their order and types, and what containers carry change between two calls."""

from __future__ import annotations

import collections
import copy
import enum
import operator
import types
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from typing import Any

import pytest
import torch
import torch._dynamo.testing
from facts import Plan, Plans, both_runs
from torch import nn

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


def keys(name, fn, *mk):
    def p(wrap):
        f = wrap(lambda x, d: (x + 1, fn(d)))
        for m in mk:
            yield lambda: f(ONE, m())

    p.__name__ = name
    PLANS[name] = p


AB = lambda: {"a": 1, "b": 2}
BA = lambda: {"b": 2, "a": 1}
for n, fn in {
    "list": list,
    "tuple": tuple,
    "star": lambda d: [*d],
    "set": lambda d: sorted(set(d)),
    "str": str,
    "repr": repr,
    "fstr": lambda d: f"{d}",
    "join": lambda d: ",".join(d),
    "next_iter": lambda d: next(iter(d)),
    "items_list": lambda d: list(d.items()),
    "keys_list": lambda d: list(d.keys()),
    "values_list": lambda d: list(d.values()),
    "copy": lambda d: list(d.copy()),
    "dictd": lambda d: list(dict(d)),
    "merge": lambda d: list(d | {"z": 1}),
    "rmerge": lambda d: list({"z": 1} | d),
    "splat": lambda d: list({**d}),
    "splat2": lambda d: list({"z": 0, **d}),
    "kw": lambda d: (lambda **k: list(k))(**d),
    "popitem": lambda d: d.copy().popitem(),
    "reversed": lambda d: list(reversed(d)),
    "reversed_items": lambda d: list(reversed(d.items())),
    "enumerate": lambda d: list(enumerate(d)),
    "zip": lambda d: list(zip(d, [1, 2])),
    "map": lambda d: list(map(str, d)),
    "filter": lambda d: list(filter(None, d)),
    "comp": lambda d: [k for k in d],
    "dcomp": lambda d: list(dict.fromkeys(d, 1)),
    "unpack": lambda d: (lambda a, b: (a, b))(*d),
    "first_rest": lambda d: (lambda a, *b: (a, b))(*d),
    "update": lambda d: (lambda e: (e.update(d), list(e))[1])({}),
    "extend": lambda d: (lambda e: (e.extend(d), e)[1])([]),
    "iadd": lambda d: (lambda e: e.__iadd__(d))([]),
    "deque": lambda d: list(deque(d)),
    "OD": lambda d: list(OrderedDict(d)),
    "DD": lambda d: list(defaultdict(int, d)),
    "fromkeys": lambda d: list(dict.fromkeys(d)),
    "max": lambda d: max(d, key=len),
    "sum_values": lambda d: "".join(map(str, d.values())),
    "deepcopy": lambda d: list(copy.deepcopy(d)),
    "ccopy": lambda d: list(copy.copy(d)),
    "slice": lambda d: list(d)[:1],
    "dict_eq_list": lambda d: list(d) == ["a", "b"],
    "chain": lambda d: [k for e in (d, d) for k in e],
    "returned": lambda d: d,
    "contains_list": lambda d: list(d).index("a"),
    "union": lambda d: sorted(set().union(d)),
    "ior": lambda d: (lambda e: list(e.__ior__(d)))({}),
    "format": lambda d: f"{d}",
    "pct": lambda d: "%s" % (d,),
    "min_items": lambda d: next(iter(d.items())),
    "len": len,
    "in": lambda d: "a" in d,
    "get": lambda d: d.get("a"),
    "eq": lambda d: d == {"a": 1, "b": 2},
    "ChainMap": lambda d: list(ChainMap(d, {"q": 1})),
    "Counter": lambda d: list(Counter(d)),
    "all": all,
    "any": any,
    "sorted": sorted,
    "iter2": lambda d: (lambda i: (next(i), next(i)))(iter(d)),
}.items():
    keys("order_" + n, fn, AB, BA)
    keys("keys_" + n, fn, AB, lambda: {"a": 1, "c": 2})
    if n in ("deepcopy", "ccopy"):
        continue  # torch copies an OrderedDict without its items, whatever their order
    keys("odorder_" + n, fn, lambda: OrderedDict(a=1, b=2), lambda: OrderedDict(b=2, a=1))


def od_move(name, fn):
    def p(wrap):
        d = OrderedDict(a=1, b=2)
        f = wrap(lambda x: (x + 1, fn(d)))
        yield lambda: f(ONE)
        d.move_to_end("a")
        yield lambda: f(ONE)

    p.__name__ = "odmove_" + name
    PLANS["odmove_" + name] = p


for n, fn in {
    "list": list,
    "items": lambda d: list(d.items()),
    "keys": lambda d: [k for k in d.keys()],
    "values": lambda d: [v for v in d.values()],
    "iter": lambda d: [k for k in d],
    "rev": lambda d: list(reversed(d)),
    "popitem": lambda d: d.copy().popitem(),
    "eq": lambda d: d == OrderedDict(a=1, b=2),
    "kw": lambda d: (lambda **k: list(k))(**d),
    "str": str,
    "dict": lambda d: list(dict(d)),
}.items():
    od_move(n, fn)
for n, fn in {
    "list": list,
    "set": lambda s: [type(e).__name__ for e in s],
    "sorted": lambda s: [type(e).__name__ for e in sorted(s)],
    "union": lambda s: [type(e).__name__ for e in s | {5}],
    "len": len,
    "in1": lambda s: 1 in s,
    "str": str,
    "tuple": tuple,
    "sum": sum,
    "frozen": lambda s: list(frozenset(s)),
    "copy": lambda s: list(s.copy()),
    "pop": lambda s: type(s.copy().pop()).__name__,
    "diff": lambda s: [type(e).__name__ for e in s - {7}],
    "max": lambda s: type(max(s)).__name__,
    "ret": lambda s: s,
    "next": lambda s: type(next(iter(s))).__name__,
}.items():
    keys("settype_" + n, fn, lambda: {1}, lambda: {True})
    if n not in ("pop", "sum"):
        keys("fsettype_" + n, fn, lambda: frozenset([1]), lambda: frozenset([1.0]))
    keys("setorder_" + n, fn, lambda: {8, 0}, lambda: {0, 8})
for n, fn in {
    "list": list,
    "keys": lambda d: [type(k).__name__ for k in d.keys()],
    "items": lambda d: [type(k).__name__ for k, v in d.items()],
    "iter": lambda d: [type(k).__name__ for k in d],
    "get": lambda d: d[1],
    "in": lambda d: True in d,
    "str": str,
}.items():
    keys("keytype_" + n, fn, lambda: {1: 5}, lambda: {True: 5})
    keys("keytypef_" + n, fn, lambda: {1: 5}, lambda: {1.0: 5})


@plan
def missing_key_then(wrap):
    d = {}

    def fn(x):
        try:
            return x * d["a"]
        except KeyError:
            return x * 2

    f = wrap(fn)
    yield lambda: f(ONE)
    d["a"] = 9
    yield lambda: f(ONE)


@plan
def missing_get(wrap):
    d = {}
    f = wrap(lambda x: x * d.get("a", 2))
    yield lambda: f(ONE)
    d["a"] = 9
    yield lambda: f(ONE)


@plan
def missing_in(wrap):
    d = {}
    f = wrap(lambda x: x * 2 if "a" in d else x * 3)
    yield lambda: f(ONE)
    d["a"] = 9
    yield lambda: f(ONE)


@plan
def missing_pop(wrap):
    f = wrap(lambda x, d: x * d.pop("a", 2))
    yield lambda: f(ONE, {})
    yield lambda: f(ONE, {"a": 9})


@plan
def missing_setdefault(wrap):
    f = wrap(lambda x, d: x * d.setdefault("a", 2))
    yield lambda: f(ONE, {})
    yield lambda: f(ONE, {"a": 9})


@plan
def missing_del(wrap):
    def fn(x, d):
        try:
            del d["a"]
        except KeyError:
            return x * 2
        return x * 3

    f = wrap(fn)
    yield lambda: f(ONE, {})
    yield lambda: f(ONE, {"a": 9})


@plan
def missing_od(wrap):
    def fn(x, d):
        try:
            return x * d["a"]
        except KeyError:
            return x * 2

    f = wrap(fn)
    yield lambda: f(ONE, OrderedDict())
    yield lambda: f(ONE, OrderedDict(a=9))


@plan
def missing_default(wrap):
    f = wrap(lambda x, d: x * d["a"])
    yield lambda: f(ONE, defaultdict(lambda: 2))
    yield lambda: f(ONE, defaultdict(lambda: 2, a=9))


@plan
def default_factory(wrap):
    d = defaultdict(lambda: 2)
    f = wrap(lambda x: x * d["zz"])
    yield lambda: (d.clear(), f(ONE))[1]
    d.default_factory = lambda: 9
    yield lambda: (d.clear(), f(ONE))[1]


@plan
def missing_dict_subclass(wrap):
    class D(dict):
        pass

    d = D()

    def fn(x):
        try:
            return x * d["a"]
        except KeyError:
            return x * 2

    f = wrap(fn)
    yield lambda: f(ONE)
    d["a"] = 9
    yield lambda: f(ONE)


@plan
def chainmap(wrap):
    a, b = {}, {"k": 2}
    c = ChainMap(a, b)
    f = wrap(lambda x: x * c["k"])
    yield lambda: f(ONE)
    a["k"] = 9
    yield lambda: f(ONE)


@plan
def chainmap_maps(wrap):
    c = ChainMap({"k": 2})
    f = wrap(lambda x: x * c["k"])
    yield lambda: f(ONE)
    c.maps.insert(0, {"k": 9})
    yield lambda: f(ONE)


@plan
def chainmap_get(wrap):
    c = ChainMap({}, {})
    f = wrap(lambda x: x * c.get("k", 2))
    yield lambda: f(ONE)
    c.maps[1]["k"] = 9
    yield lambda: f(ONE)


@plan
def view_kept(wrap):
    d = {"a": 1}
    v = d.keys()
    f = wrap(lambda x: (x + 1, list(v)))
    yield lambda: f(ONE)
    d["b"] = 1
    yield lambda: f(ONE)


@plan
def view_values(wrap):
    d = {"a": 1}
    v = d.values()
    f = wrap(lambda x: (x + 1, list(v)))
    yield lambda: f(ONE)
    d["a"] = 2
    yield lambda: f(ONE)


@plan
def view_items(wrap):
    d = {"a": 1}
    v = d.items()
    f = wrap(lambda x: (x + 1, list(v)))
    yield lambda: f(ONE)
    d["a"] = 2
    yield lambda: f(ONE)


@plan
def view_in(wrap):
    d = {"a": 1}
    v = d.keys()
    f = wrap(lambda x: x * 2 if "b" in v else x * 3)
    yield lambda: f(ONE)
    d["b"] = 1
    yield lambda: f(ONE)


@plan
def mappingproxy(wrap):
    d = {"a": 1}
    v = types.MappingProxyType(d)
    f = wrap(lambda x: (x + 1, list(v), v["a"]))
    yield lambda: f(ONE)
    d["a"] = 2
    yield lambda: f(ONE)
    d["b"] = 2
    yield lambda: f(ONE)


@plan
def mappingproxy_order(wrap):
    f = wrap(lambda x, v: (x + 1, list(v)))
    yield lambda: f(ONE, types.MappingProxyType(AB()))
    yield lambda: f(ONE, types.MappingProxyType(BA()))


@plan
def deque_maxlen_that_is_read(wrap):
    f = wrap(lambda x, d: x * (d.maxlen or 9) * deque([1], maxlen=3).maxlen)
    yield lambda: f(ONE, deque([1], maxlen=2))
    yield lambda: f(ONE, deque([1], maxlen=5))
    yield lambda: f(ONE, deque([1]))


@plan
def deque_maxlen(wrap):
    f = wrap(lambda x, d: (d.append(1), x * len(d))[1])
    yield lambda: f(ONE, deque([1, 2], maxlen=2))
    yield lambda: f(ONE, deque([1, 2], maxlen=3))
    yield lambda: f(ONE, deque([1, 2]))


@plan
def list_subclass_attr(wrap):
    class L(list):
        pass

    l = L([1])
    l.n = 2
    f = wrap(lambda x: x * l.n)
    yield lambda: f(ONE)
    l.n = 9
    yield lambda: f(ONE)


@plan
def dict_subclass_attr(wrap):
    class L(dict):
        pass

    l = L(a=1)
    l.n = 2
    f = wrap(lambda x: x * l.n * l["a"])
    yield lambda: f(ONE)
    l.n = 9
    yield lambda: f(ONE)


@plan
def dict_subclass_attr_missing(wrap):
    class L(dict):
        pass

    l = L(a=1)
    f = wrap(lambda x: x * getattr(l, "n", 2))
    yield lambda: f(ONE)
    l.n = 9
    yield lambda: f(ONE)


@plan
def tuple_subclass_attr(wrap):
    class L(tuple):
        pass

    l = L([1])
    l.n = 2
    f = wrap(lambda x: x * l.n)
    yield lambda: f(ONE)
    l.n = 9
    yield lambda: f(ONE)


@plan
def set_subclass_attr(wrap):
    class L(set):
        pass

    l = L([1])
    l.n = 2
    f = wrap(lambda x: x * l.n)
    yield lambda: f(ONE)
    l.n = 9
    yield lambda: f(ONE)


@plan
def vars_order(wrap):
    N = types.SimpleNamespace
    f = wrap(lambda x, o: (x + 1, list(vars(o)), list(o.__dict__.items())))
    yield lambda: f(ONE, N(a=1, b=2))
    yield lambda: f(ONE, N(b=2, a=1))


@plan
def vars_user(wrap):
    class A:
        pass

    def mk(**k):
        a = A()
        a.__dict__.update(k)
        return a

    f = wrap(lambda x, o: (x + 1, [k for k in vars(o)]))
    yield lambda: f(ONE, mk(a=1, b=2))
    yield lambda: f(ONE, mk(b=2, a=1))
    yield lambda: f(ONE, mk(b=2, a=1, c=3))


@plan
def vars_values(wrap):
    class A:
        pass

    def mk(**k):
        a = A()
        a.__dict__.update(k)
        return a

    f = wrap(lambda x, o: (x + 1, sum(vars(o).values())))
    yield lambda: f(ONE, mk(a=1, b=2))
    yield lambda: f(ONE, mk(b=2, a=3))
    yield lambda: f(ONE, mk(b=2, a=3, c=3))


@plan
def attributes_of_an_ordered_dict(wrap):
    held = OrderedDict(a=1)
    f = wrap(lambda x, d: x * getattr(d, "rate", 2) + len(d))
    yield lambda: f(ONE, held)
    held.rate = 3
    yield lambda: f(ONE, held)
    yield lambda: f(ONE, OrderedDict(a=1))
    del held.rate
    yield lambda: f(ONE, held)


@plan
def length_hint_of_a_dict(wrap):
    held = {"a": 1}
    f = wrap(lambda x: x * operator.length_hint(held))
    yield lambda: f(ONE)
    held["b"] = 2
    yield lambda: f(ONE)


@plan
def vars_len(wrap):
    class A:
        pass

    a = A()
    a.n = 1
    f = wrap(lambda x: x * len(vars(a)))
    yield lambda: f(ONE)
    a.m = 2
    yield lambda: f(ONE)


@plan
def vars_in(wrap):
    class A:
        pass

    a = A()
    a.n = 1
    f = wrap(lambda x: x * 2 if "m" in vars(a) else x * 3)
    yield lambda: f(ONE)
    a.m = 2
    yield lambda: f(ONE)


@plan
def vars_get(wrap):
    class A:
        pass

    a = A()
    a.n = 1
    f = wrap(lambda x: x * a.__dict__.get("m", 2))
    yield lambda: f(ONE)
    a.m = 9
    yield lambda: f(ONE)


@plan
def dir_instance(wrap):
    class A:
        pass

    a = A()
    a.n = 1
    f = wrap(lambda x: x * 2 if "m" in dir(a) else x * 3)
    yield lambda: f(ONE)
    a.m = 2
    yield lambda: f(ONE)


@plan
def str_object(wrap):
    class A:
        def __init__(s, n):
            s.n = n

        def __repr__(s):
            return f"A({s.n})"

    f = wrap(lambda x, o: (x + 1, str(o), f"{o}", repr(o), "%s" % o))
    yield lambda: f(ONE, A(1))
    yield lambda: f(ONE, A(2))


@plan
def str_list_of_objects(wrap):
    class A:
        def __init__(s, n):
            s.n = n

        def __repr__(s):
            return f"A({s.n})"

    f = wrap(lambda x, o: (x + 1, str([o]), repr({"k": o})))
    yield lambda: f(ONE, A(1))
    yield lambda: f(ONE, A(2))


@plan
def str_exception(wrap):
    f = wrap(lambda x, o: (x + 1, str(o)))
    yield lambda: f(ONE, ValueError("a"))
    yield lambda: f(ONE, ValueError("b"))


@plan
def str_enum(wrap):
    class M(enum.Enum):
        A = 1
        B = 2

    f = wrap(lambda x, o: (x + 1, str(o), o.name))
    yield lambda: f(ONE, M.A)
    yield lambda: f(ONE, M.B)


@plan
def str_namedtuple(wrap):
    N = collections.namedtuple("N", "a b")
    f = wrap(lambda x, o: (x + 1, str(o)))
    yield lambda: f(ONE, N(1, 2))
    yield lambda: f(ONE, N(1, 3))


@plan
def userdict(wrap):
    d = collections.UserDict(a=1)
    f = wrap(lambda x: (x + 1, list(d)))
    yield lambda: f(ONE)
    d["b"] = 2
    yield lambda: f(ONE)


@plan
def counter_missing(wrap):
    c = Counter(a=1)
    f = wrap(lambda x: x * (c["b"] + 2))
    yield lambda: f(ONE)
    c["b"] = 5
    yield lambda: f(ONE)


@plan
def counter_most(wrap):
    f = wrap(lambda x, c: (x + 1, c.most_common(1)))
    yield lambda: f(ONE, Counter(a=1, b=1))
    yield lambda: f(ONE, Counter(b=1, a=1))


@plan
def nested_dict_order(wrap):
    f = wrap(lambda x, c: (x + 1, list(c["k"])))
    yield lambda: f(ONE, {"k": AB()})
    yield lambda: f(ONE, {"k": BA()})


@plan
def dict_of_tensors_sum(wrap):
    def fn(x, d):
        for v in d.values():
            x = x * 2 + v
        return x

    t = torch.ones(2)
    f = wrap(fn)
    yield lambda: f(ONE, {"a": t, "b": t * 3})
    yield lambda: f(ONE, {"b": t * 3, "a": t})


@plan
def torch_cat_values(wrap):
    t = torch.ones(2)
    f = wrap(lambda x, d: torch.cat(list(d.values())))
    yield lambda: f(ONE, {"a": t, "b": t * 3})
    yield lambda: f(ONE, {"b": t * 3, "a": t})


@plan
def module_dict_order(wrap):
    m = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})

    def fn(x):
        for k in m:
            x = x * 2 + len(k)
        for v in m.values():
            x = v(x)
        return x

    f = wrap(fn)
    yield lambda: f(ONE)
    v = m._modules.pop("a")
    m._modules["a"] = v
    yield lambda: f(ONE)


@plan
def object_keys(wrap):
    class K:
        pass

    a, b = K(), K()
    a.n = 1
    b.n = 2
    f = wrap(lambda x, d: (x + 1, [k.n for k in d]))
    yield lambda: f(ONE, {a: 1, b: 2})
    yield lambda: f(ONE, {b: 2, a: 1})


@plan
def tuple_keys(wrap):
    f = wrap(lambda x, d: (x + 1, [k for k in d]))
    yield lambda: f(ONE, {(1, 2): 1, (3, 4): 2})
    yield lambda: f(ONE, {(3, 4): 2, (1, 2): 1})
    yield lambda: f(ONE, {(1, 2): 1, (3, 5): 2})


@plan
def weird_order(wrap):
    class D(dict):
        def __iter__(self):
            return iter(sorted(dict.keys(self), reverse=True))

    f = wrap(lambda x, d: (x + 1, [k for k in d], list(d)))
    yield lambda: f(ONE, D(a=1, b=2))
    yield lambda: f(ONE, D(a=1, c=2))


@plan
def zero_of_the_other_sign_as_a_key(wrap):
    d = {0.0: 1, 2.0: 3}
    f = wrap(lambda x: (x + 1, str(list(d)[0])))  # noqa: RUF015
    yield lambda: f(ONE)
    d.clear()
    d.update({-0.0: 1, 2.0: 3})
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


def mappingproxy_in_place(wrap):
    def program(x, v, d):
        try:
            v |= d
        except TypeError:
            return x + 1
        return x

    f = wrap(program)
    yield lambda: f(ONE, types.MappingProxyType({"a": 1}), {"a": 2})
    yield lambda: f(ONE, types.MappingProxyType({"a": 1}), 3)


@pytest.mark.usefixtures("as_before")
def test_a_proxy_refuses_to_be_changed_in_place() -> None:
    both_runs(mappingproxy_in_place)


@pytest.mark.usefixtures("as_before")
def test_an_operator_of_a_proxy_is_that_of_its_dict() -> None:
    def program(x, v, other):
        try:
            return x + len(v | other)
        except TypeError:
            return x - 1

    def plan(wrap):
        f = wrap(program)
        for other in ({4}, frozenset({4}), [4], 4, None):
            yield lambda: f(ONE, types.MappingProxyType({"a": 1}), other)  # noqa: B023

    both_runs(plan)


def scaled(x, **options):
    return x * options.pop("scale", 2.0)


def test_a_key_that_pop_misses_says_nothing_of_the_others():
    """Options that nobody reads take no graph each, and one that is there is found."""
    graphs = {}
    for registry in (vartrack.stock, vartrack.sound):
        torch._dynamo.reset()
        counter = torch._dynamo.testing.CompileCounter()
        with vartrack.use(registry):
            compiled = torch.compile(scaled, backend=counter)
            for options in ({"a": 1}, {"b": 1}, {"c": 1, "d": 2}, {"scale": 3.0}, {"e": 1}):
                assert torch.equal(compiled(ONE, **options), scaled(ONE, **options))
        graphs[registry.name] = counter.frame_count
    assert graphs["sound"] == graphs["stock"]


def whether_a_view_is_callable(wrap):
    f = wrap(lambda x, v: x * 2 if callable(v) else x * 3)
    yield lambda: f(ONE, OrderedDict(a=1).values())
    yield lambda: f(ONE, len)


def test_whether_a_view_is_callable_is_not_refused() -> None:
    both_runs(whether_a_view_is_callable)
