"""Settings, numbers, times and graphs of packages: compared, counted, caught and mixed."""

import collections
import dataclasses
import datetime
import decimal
import fractions
import json
import pathlib
import typing

import attrs
import bidict
import frozendict
import msgspec
import networkx as nx
import numpy as np
import omegaconf
import pandas as pd
import pydantic
import sortedcontainers
import sympy
from google.protobuf import duration_pb2, struct_pb2
from immutabledict import immutabledict
from omegaconf import OmegaConf
from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from cases.programs.common import of_our_own, ones, unless_missing

own = of_our_own("settings of packages")

D = decimal.Decimal
F = fractions.Fraction


class Opt(pydantic.BaseModel):
    lr: float = 0.5
    steps: int = 2
    name: str = "n"
    when: datetime.date | None = None
    path: pathlib.Path = pathlib.Path("/a")
    price: D = D("1")


@own(2)
def pyd_decimal_field(wrap):
    f = wrap(lambda x, o: x * float(o.price))
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), Opt(price=D(i), name=str(i)))


@own(2)
def pyd_property(wrap):
    class P(pydantic.BaseModel):
        a: int = 1
        tag: str = "t"

        @property
        def double(self):
            return self.a * 2

    f = wrap(lambda x, o: x * o.double)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), P(a=i, tag=str(i)))


@own(2)
def pyd_iter_fields(wrap):
    def fn(x, o):
        for k, v in o:
            if k == "steps":
                x = x * v
        return x

    f = wrap(fn)
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), Opt(steps=i))


@own(2)
def pyd_fields_set(wrap):
    f = wrap(lambda x, o: x + 1 if "lr" in o.model_fields_set else x - 1)
    for kw in ({"lr": 1.0}, {"lr": 1.0}, {}, {}):
        yield lambda: f(ones(), Opt(**kw))


@own(1)
def pyd_path_exists_unused(wrap):
    f = wrap(lambda x, o: x * o.steps)
    for i in range(4):
        yield lambda: f(
            ones(), Opt(path=pathlib.Path(str(i)), price=D(i), when=datetime.date(2020, 1, 1 + i))
        )


@own(2)
def pyd_nested_changed_in_place(wrap):
    class In(pydantic.BaseModel):
        n: int = 1

    class Out(pydantic.BaseModel):
        inner: In = In()
        items: list[int] = []

    o = Out()
    f = wrap(lambda x: x * o.inner.n + len(o.items))
    yield lambda: f(ones())
    o.inner.n = 3
    yield lambda: f(ones())
    o.inner = In(n=4)
    yield lambda: f(ones())


@own(2)
def pyd_root_model(wrap):
    class R(pydantic.RootModel):
        root: list[int]

    f = wrap(lambda x, r: x * sum(r.root))
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), R([1, i]))


@own(2)
def pyd_computed_field(wrap):
    class C(pydantic.BaseModel):
        w: int = 2

        @pydantic.computed_field
        @property
        def area(self) -> int:
            return self.w**2

    f = wrap(lambda x, c: x * c.area)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), C(w=i))


@own(2)
def pyd_made_inside(wrap):
    f = wrap(lambda x, n: x * Opt(steps=n).steps)
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), i)


@own(2)
def pyd_json_loaded(wrap):
    f = wrap(lambda x, s: x * Opt.model_validate_json(s).steps)
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), json.dumps({"steps": i}))


class S(msgspec.Struct):
    n: int = 2
    when: typing.Any = None
    tag: str = "a"


@own(2)
def msg_equal(wrap):
    b = S()
    f = wrap(lambda x, s: x + 1 if s == b else x - 1)
    for s in (S(), S(), S(n=3), S(n=4)):
        yield lambda: f(ones(), s)


@own(1)
def msg_date_unused(wrap):
    f = wrap(lambda x, s: x * s.n)
    for i in range(4):
        yield lambda: f(ones(), S(when=datetime.date(2020, 1, 1 + i)))


@own(2)
def msg_set_attr_inside(wrap):
    def fn(x, s):
        s.n = s.n + 1
        return x * s.n

    f = wrap(fn)
    for i in (2, 3, 4, 5):
        s = S(n=i)
        yield lambda: (f(ones(), s), s.n)


@own(2)
def msg_iter_list_of(wrap):
    f = wrap(lambda x, items: x * sum(s.n for s in items))
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), [S(n=i), S(n=1, tag=str(i))])


@attrs.define(order=True)
class A:
    n: int = 2
    tag: str = "a"


@own(2)
def at_converter_inside(wrap):
    @attrs.define
    class C:
        n: int = attrs.field(converter=int)

    f = wrap(lambda x, s: x * C(s).n)
    for s in ("2", "2", "3", "3"):
        yield lambda: f(ones(), s)


@own(2)
def at_validator_caught(wrap):
    @attrs.define
    class C:
        n: int = attrs.field(validator=attrs.validators.ge(0))

    def fn(x, n):
        try:
            C(n)
        except ValueError:
            return x - 1
        return x + 1

    f = wrap(fn)
    for n in (2, 2, -1, -1):
        yield lambda: f(ones(), n)


@own(2)
def dc_with_timedelta(wrap):
    @dataclasses.dataclass(frozen=True)
    class C:
        timeout: datetime.timedelta
        name: str = "a"

        def secs(self):
            return self.timeout.total_seconds()

    f = wrap(lambda x, c: x * c.secs())
    for i in (1, 2, 3, 4):
        yield lambda: f(ones(), C(datetime.timedelta(seconds=i), str(i)))


@own(2)
def dc_frozen_key_decimal(wrap):
    @dataclasses.dataclass(frozen=True)
    class K:
        d: D

    table = {K(D(1)): 2.0, K(D(2)): 3.0}
    f = wrap(lambda x, k: x * table[k])
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), K(D(i)))


@own(1)
def dc_replace_path(wrap):
    @dataclasses.dataclass
    class C:
        out: pathlib.Path
        n: int = 2

    f = wrap(lambda x, c, q: (x * c.n, dataclasses.replace(c, out=q)))
    for t in "abcd":
        yield lambda: f(ones(), C(pathlib.Path("z")), pathlib.Path(t))


@own(2)
def oc_compare_value(wrap):
    f = wrap(lambda x, c: x + 1 if c.n > 3 else x - 1)
    for i in (1, 2, 8, 9):
        yield lambda: f(ones(), OmegaConf.create({"n": i}))


@own(2)
def oc_missing_caught(wrap):
    def fn(x, c):
        try:
            return x * c.n
        except omegaconf.MissingMandatoryValue:
            return x

    f = wrap(fn)
    for v in (2, "???", 2, "???"):
        yield lambda: f(ones(), OmegaConf.create({"n": v}))


@own(2)
def oc_is_missing(wrap):
    f = wrap(lambda x, c: x + 1 if OmegaConf.is_missing(c, "n") else x - 1)
    for v in (2, 3, "???", "???"):
        yield lambda: f(ones(), OmegaConf.create({"n": v}))


@own(2)
def oc_list_len(wrap):
    f = wrap(lambda x, c: x * len(c.sizes))
    for i in (1, 2, 3, 4):
        yield lambda: f(ones(), OmegaConf.create({"sizes": list(range(i))}))


@own(2)
def oc_keys_order(wrap):
    f = wrap(lambda x, c: (x + 1, list(c.keys())))
    for c in ({"a": 1, "b": 2}, {"a": 2, "b": 4}, {"b": 1, "a": 2}, {"b": 1, "a": 2}):
        yield lambda: f(ones(), OmegaConf.create(c))


@own(2)
def np_bool_branch(wrap):
    f = wrap(lambda x, b: x + 1 if b else x - 1)
    for i in (True, True, False, False):
        yield lambda: f(ones(), np.bool_(i))


@own(2)
def np_str_branch(wrap):
    f = wrap(lambda x, s: x + 1 if s.startswith("a") else x - 1)
    for i in ("ab", "ac", "bb", "bc"):
        yield lambda: f(ones(), np.str_(i))


@own(2)
def pd_ts_compare(wrap):
    t0 = pd.Timestamp(2020, 6, 1)
    f = wrap(lambda x, t: x + 1 if t < t0 else x - 1)
    for i in (1, 2, 8, 9):
        yield lambda: f(ones(), pd.Timestamp(2020, i, 1))


@own(2)
def pd_ts_diff_days(wrap):
    f = wrap(lambda x, a, b: x * (b - a).days)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), pd.Timestamp(2020, 1, 1), pd.Timestamp(2020, 1, i))


@own(2)
def pd_interval_length(wrap):
    f = wrap(lambda x, v: x * v.length)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), pd.Interval(0, i))


@own(2)
def pd_ts_bad_caught(wrap):
    def fn(x, s):
        try:
            return x * pd.Timestamp(s).day
        except ValueError:
            return x

    f = wrap(fn)
    for s in ("2020-01-02", "bad", "2020-01-02", "bad"):
        yield lambda: f(ones(), s)


@own(2)
def version_major(wrap):
    f = wrap(lambda x, v: x * v.major)
    for i in (1, 2, 3, 4):
        yield lambda: f(ones(), Version(f"{i}.0"))


@own(2)
def version_is_prerelease(wrap):
    f = wrap(lambda x, v: x + 1 if v.is_prerelease else x - 1)
    for t in ("1.0", "1.1", "1.0a1", "1.0b2"):
        yield lambda: f(ones(), Version(t))


@own(2)
def version_bad_caught(wrap):
    def fn(x, s):
        try:
            v = Version(s)
        except InvalidVersion:
            return x - 1
        return x * v.major

    f = wrap(fn)
    for s in ("2.0", "?", "2.0", "?"):
        yield lambda: f(ones(), s)


@own(2)
def requirement_name(wrap):
    f = wrap(lambda x, r: x + 1 if r.name == "torch" else x - 1)
    for s in ("torch>=2", "torch>=3", "numpy", "scipy"):
        yield lambda: f(ones(), Requirement(s))


@own(2)
def sympy_float_of_expr(wrap):
    s = sympy.Symbol("s")
    f = wrap(lambda x, e, v: x * float(e.subs(s, v)))
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), s**2 + 1, i)


@own(2)
def nx_missing_caught(wrap):
    f = wrap(unless_missing(lambda g: g.nodes["a"]["w"]))
    for k in ("a", "b", "a", "b"):
        g = nx.Graph()
        g.add_node(k, w=2.0)
        yield lambda: f(ones(), g)


@own(2)
def frz_equal(wrap):
    b = frozendict.frozendict(a=1)
    f = wrap(lambda x, d: x + 1 if d == b else x - 1)
    for i in (1, 1, 2, 3):
        yield lambda: f(ones(), frozendict.frozendict(a=i))


@own(2)
def imm_missing_caught(wrap):
    f = wrap(unless_missing(lambda d: d["a"]))
    for d in ({"a": 2}, {"b": 2}, {"a": 2}, {"c": 3}):
        yield lambda: f(ones(), immutabledict(d))


@own(2)
def sorted_peek(wrap):
    f = wrap(lambda x, d: x * d.peekitem(0)[1])
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), sortedcontainers.SortedDict(a=i, b=1))


@own(2)
def chainmap_of_immutables(wrap):
    f = wrap(lambda x, a, b: x * collections.ChainMap(a, b)["n"])
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), {"z": 1}, {"n": i})


@own(2)
def bidict_inverse_missing(wrap):
    f = wrap(unless_missing(lambda b, k: len(b.inv[k])))
    for k in (1, 9, 1, 9):
        yield lambda: f(ones(), bidict.bidict(ab=1), k)


@own(2)
def pb_duration_branch(wrap):
    f = wrap(lambda x, m: x + 1 if m.seconds > 5 else x - 1)
    for i in (1, 2, 8, 9):
        yield lambda: f(ones(), duration_pb2.Duration(seconds=i))


@own(2)
def pb_struct_field(wrap):
    def make(v):
        s = struct_pb2.Struct()
        s["lr"] = v
        return s

    f = wrap(lambda x, s: x * s["lr"])
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), make(i))


@own(2)
def mixed_in_default_arg(wrap):
    def fn(x, limit=D("2.5"), when=datetime.date(2020, 1, 1)):
        return x + 1 if limit > 2 else x - 1

    f = wrap(fn)
    for v in (None, "3", "4", "1", "0"):
        yield lambda: f(ones()) if v is None else f(ones(), D(v), datetime.date(2020, 1, 2))


@own(2)
def mixed_sorted_dates(wrap):
    f = wrap(lambda x, items: x * sorted(items)[0].year)
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), [datetime.date(2020, 3, 1), datetime.date(2019, i, 1)])


@own(2)
def mixed_min_date(wrap):
    f = wrap(lambda x, a, b: x * min(a, b).day)
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), datetime.date(2020, 3, 5), datetime.date(2019, i, 1))


@own(1)
def mixed_store_in_dict(wrap):
    seen = {}

    def fn(x, d):
        seen["last"] = d
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones(), D(i)), seen["last"])


@own(2)
def mixed_subclass_method(wrap):
    class Money(D):
        def cents(self):
            return int(self * 100)

    f = wrap(lambda x, m: x * m.cents())
    for i in (2, 2, 3, 3):
        yield lambda: f(ones(), Money(i))


@own(2)
def mixed_date_subclass_property(wrap):
    class Day(datetime.date):
        @property
        def q(self):
            return (self.month - 1) // 3

    f = wrap(lambda x, d: x * d.q)
    for i in (1, 2, 5, 6):
        yield lambda: f(ones(), Day(2020, i, 1))


@own(2)
def mixed_default_dict_of_decimal(wrap):
    f = wrap(lambda x, d, k: x * float(d[k]))
    for v in (2, 2, 3, 3):
        yield lambda: f(ones(), {"a": D(v), "b": D(v + 1)}, "a")
