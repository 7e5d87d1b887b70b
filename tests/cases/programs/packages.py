"""Values of packages in modules, globals, dicts and methods, of which a part is used."""

import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import types
import typing
import uuid

import addict
import attrs
import bidict
import box
import easydict
import frozendict
import ml_collections
import msgspec
import multidict
import networkx as nx
import numpy as np
import pandas as pd
import pydantic
import sortedcontainers
import sympy
import torch
from google.protobuf import struct_pb2, timestamp_pb2, wrappers_pb2
from immutabledict import immutabledict
from omegaconf import OmegaConf
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from torch import nn

from cases.programs.common import of_our_own, ones

own = of_our_own("values of packages")


D = decimal.Decimal


class Opt(pydantic.BaseModel):
    lr: float = 0.5
    steps: int = 2
    name: str = "n"
    betas: tuple[float, float] = (0.5, 0.25)
    extra: dict[str, typing.Any] = {}
    when: datetime.date | None = None

    def scaled(self):
        return self.lr * self.steps


class Cfg(pydantic.BaseModel):
    opt: Opt = pydantic.Field(default_factory=Opt)
    layers: list[Opt] = []
    tag: str = "t"


@own(1)
def pyd_in_module_nested_unused(wrap):
    class M(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.c = c

        def forward(self, x):
            return x * self.c.opt.steps

    m = M(Cfg())
    f = wrap(m)
    for i in range(4):
        yield lambda: f(ones())
        m.c = Cfg(tag=f"t{i}", opt=Opt(name=f"x{i}"))


@own(2)
def pyd_list_of_models_grow(wrap):
    c = Cfg(layers=[Opt(), Opt(lr=1.5)])
    f = wrap(lambda x: x * sum(o.lr for o in c.layers))
    yield lambda: f(ones())
    c.layers.append(Opt(lr=3.0))
    yield lambda: f(ones())
    c.tag = "z"
    yield lambda: f(ones())
    yield lambda: f(ones())


@own(2)
def pyd_method_default(wrap):
    o = Opt()
    f = wrap(lambda x, o=o: x * o.scaled())
    yield lambda: f(ones())
    o.lr = 1.25
    yield lambda: f(ones())
    o.name = "q"
    yield lambda: f(ones())
    yield lambda: f(ones(), Opt())


@own(2)
def pyd_validation_error_caught(wrap):
    def fn(x, n):
        try:
            o = Opt(steps=n)
        except pydantic.ValidationError:
            return x - 1
        return x + o.steps

    f = wrap(fn)
    for n in (3, "bad", 3, "bad"):
        yield lambda: f(ones(), n)


@own(1)
def pyd_dump_fields(wrap):
    o = Opt()
    f = wrap(lambda x: (x + 1, o.model_dump(include={"lr", "steps"})))
    for i in range(4):
        yield lambda: f(ones())


@own(2)
def pyd_model_copy_update(wrap):
    o = Opt()

    def fn(x, n):
        q = o.model_copy(update={"steps": n})
        return x * q.steps

    f = wrap(fn)
    for n in (3, 4, 5, 6):
        yield lambda: f(ones(), n)


@own(2)
def pyd_frozen_hash_key(wrap):
    class K(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(frozen=True)
        a: int = 1

    table = {K(): 2.0, K(a=2): 3.0}
    f = wrap(lambda x, k: x * table[k])
    for k in (K(), K(a=2), K(), K(a=2)):
        yield lambda: f(ones(), k)


@own(2)
def pyd_enum_field(wrap):
    class Act(str, enum.Enum):
        RELU = "relu"
        GELU = "gelu"

    class C(pydantic.BaseModel):
        act: Act = Act.RELU
        n: int = 0

    f = wrap(lambda x, c: torch.relu(x) if c.act is Act.RELU else torch.tanh(x))
    for c in (C(), C(n=2), C(act=Act.GELU), C(n=4)):
        yield lambda: f(ones(), c)


@own(2)
def pyd_union_isinstance(wrap):
    class A(pydantic.BaseModel):
        kind: typing.Literal["a"] = "a"
        v: float = 2.0

    class B(pydantic.BaseModel):
        kind: typing.Literal["b"] = "b"
        v: float = 3.0

    f = wrap(lambda x, m: x * m.v if isinstance(m, A) else x - m.v)
    for m in (A(), B(), A(), B()):
        yield lambda: f(ones(), m)


@own(2)
def pyd_match(wrap):
    def fn(x, o):
        match o:
            case Opt(steps=2):
                return x + 1
            case _:
                return x - 1

    f = wrap(fn)
    for o in (Opt(), Opt(steps=3), Opt(name="a"), Opt(steps=4)):
        yield lambda: f(ones(), o)


@own(1)
def pyd_generic(wrap):
    T = typing.TypeVar("T")

    class Box(pydantic.BaseModel, typing.Generic[T]):
        v: T
        tag: str = "x"

    f = wrap(lambda x, b: x * b.v)
    for i in range(4):
        yield lambda: f(ones(), Box[int](v=2, tag=str(i)))


@own(2)
def pyd_dataclass(wrap):
    @pydantic.dataclasses.dataclass
    class S:
        n: int = 2
        tag: str = "a"

    f = wrap(lambda x, s: x * s.n)
    for s in (S(), S(tag="b"), S(n=3), S(n=4), S(n=5)):
        yield lambda: f(ones(), s)


@own(2)
def pyd_private_counter(wrap):
    class S(pydantic.BaseModel):
        n: int = 2
        _calls: int = pydantic.PrivateAttr(0)

        def go(self, x):
            self._calls += 1
            return x * self._calls

    s = S()
    f = wrap(lambda x: s.go(x))
    for i in range(4):
        yield lambda: (f(ones()), s._calls)


@own(1)
def pyd_returned_dict(wrap):
    f = wrap(lambda x, o: {"x": x + 1, "cfg": o, "l": [o]})
    for i in range(4):
        yield lambda: f(ones(), Opt(name=str(i)))


@own(2)
def pyd_date_field(wrap):
    f = wrap(lambda x, o: x + 1 if o.when is None else x * o.when.year)
    for o in (
        Opt(),
        Opt(when=datetime.date(2020, 1, 1)),
        Opt(when=datetime.date(2020, 2, 1)),
        Opt(name="x"),
    ):
        yield lambda: f(ones(), o)


@own(2)
def pyd_kwargs_splat(wrap):
    def inner(x, lr=0, steps=0, **rest):
        return x * lr * steps

    f = wrap(lambda x, o: inner(x, **dict(o)))
    for o in (Opt(), Opt(), Opt(lr=2.5), Opt(lr=2.5)):
        yield lambda: f(ones(), o)


@own(1)
def oc_module_attr(wrap):
    class M(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.c = c

        def forward(self, x):
            for w in self.c.widths:
                x = x * w
            return x

    c = OmegaConf.create({"widths": [2, 3], "note": "a", "deep": {"a": {"b": 1}}})
    m = M(c)
    f = wrap(m)
    for i in range(4):
        yield lambda: f(ones())
        c.note = f"n{i}"
        c.deep.a.b = i


@own(2)
def oc_select(wrap):
    c = OmegaConf.create({"a": {"b": 2}})
    f = wrap(lambda x: x * OmegaConf.select(c, "a.b"))
    for v in (2, 3, 4, 5):
        c.a.b = v
        yield lambda: f(ones())


@own(2)
def oc_merge_inside(wrap):
    base = OmegaConf.create({"a": 1, "b": 2})

    def fn(x, c):
        return x * OmegaConf.merge(base, c).a

    f = wrap(fn)
    for v in (2, 2, 3, 3):
        yield lambda: f(ones(), OmegaConf.create({"a": v}))


@own(2)
def oc_splat(wrap):
    def inner(x, scale=1, bias=0):
        return x * scale + bias

    f = wrap(lambda x, c: inner(x, **c))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), OmegaConf.create({"scale": v, "bias": 1}))


@own(2)
def oc_missing_key(wrap):
    def fn(x, c):
        try:
            return x * c.scale
        except AttributeError:
            return x

    f = wrap(fn)
    for c in ({"scale": 2}, {"z": 1}, {"scale": 2}, {"y": 1}):
        yield lambda: f(ones(), OmegaConf.structured(c) if 0 else OmegaConf.create(c))


@own(2)
def oc_structured(wrap):
    @dataclasses.dataclass
    class In:
        n: int = 2

    @dataclasses.dataclass
    class S:
        inner: In = dataclasses.field(default_factory=In)
        tag: str = "a"

    f = wrap(lambda x, c: x * c.inner.n)
    for kw in ({}, {"tag": "b"}, {"inner": In(3)}, {"inner": In(4)}, {"inner": In(5)}):
        yield lambda: f(ones(), OmegaConf.structured(S(**kw)))


@own(2)
def oc_interp_nested(wrap):
    c = OmegaConf.create({"h": 4, "ff": "${mul:${h},2}", "t": "${h}"})
    OmegaConf.register_new_resolver("mul", lambda a, b: a * b, replace=True)
    f = wrap(lambda x: x * c.t)
    for v in (4, 5, 6, 7):
        c.h = v
        yield lambda: f(ones())


@own(2)
def oc_interp_resolver(wrap):
    OmegaConf.register_new_resolver("mul", lambda a, b: a * b, replace=True)
    c = OmegaConf.create({"h": 4, "ff": "${mul:${h},2}", "t": "${h}"})
    f = wrap(lambda x: x * c.ff)
    for v in (4, 5, 6, 7):
        c.h = v
        yield lambda: f(ones())


@own(2)
def oc_to_container(wrap):
    f = wrap(lambda x, c: (x + 1, OmegaConf.to_container(c)))
    for v in (1, 1, 2, 2):
        yield lambda: f(ones(), OmegaConf.create({"a": {"b": v}}))


@own(2)
def oc_len_in(wrap):
    f = wrap(lambda x, c: x * len(c) if "a" in c else x)
    for c in ({"a": 1}, {"a": 2}, {"b": 1}, {"b": 3}):
        yield lambda: f(ones(), OmegaConf.create(c))


@own(2)
def oc_list_items(wrap):
    def fn(x, c):
        for k, v in c.items():
            x = x * v
        return x

    f = wrap(fn)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), OmegaConf.create({"a": v, "b": 2}))


class Pt(msgspec.Struct):
    n: int = 2
    tag: str = "a"
    sub: typing.Any = None

    def go(self, x):
        return x * self.n


class FPt(msgspec.Struct, frozen=True):
    n: int = 2
    tag: str = "a"


@own(2)
def msg_method_grow(wrap):
    f = wrap(lambda x, s: s.go(x))
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), Pt(n=i, tag=str(i)))


@own(2)
def msg_frozen_key(wrap):
    t = {FPt(): 2.0, FPt(n=3): 4.0}
    f = wrap(lambda x, s: x * t.get(s, 9.0))
    for s in (FPt(), FPt(), FPt(n=3), FPt(n=3)):
        yield lambda: f(ones(), s)


@own(2)
def msg_replace(wrap):
    f = wrap(lambda x, s: x * msgspec.structs.replace(s, n=s.n + 1).n)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), Pt(n=i))


@own(1)
def msg_copy(wrap):
    f = wrap(lambda x, s: x * copy.copy(s).n)
    for i in range(4):
        yield lambda: f(ones(), Pt(n=2, tag=str(i)))


@own(1)
def msg_asdict(wrap):
    f = wrap(lambda x, s: (x + 1, msgspec.structs.asdict(s)))
    for i in range(4):
        yield lambda: f(ones(), Pt())


@own(2)
def msg_nested_mutate(wrap):
    s = Pt(sub=Pt())

    def fn(x):
        s.sub.n += 1
        return x * s.sub.n

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones()), s.sub.n)


@own(1)
def msg_match(wrap):
    def fn(x, s):
        match s:
            case Pt(n=2):
                return x + 1
        return x - 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: f(ones(), Pt(tag=str(i)))


@attrs.define
class At:
    n: int = 2
    tag: str = "a"
    items: list = attrs.field(factory=list)

    @property
    def dbl(self):
        return self.n * 2


@attrs.frozen
class FAt:
    n: int = 2
    tag: str = "a"


@own(2)
def at_prop(wrap):
    f = wrap(lambda x, s: x * s.dbl)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), At(n=i, tag=str(i)))


@own(2)
def at_evolve(wrap):
    f = wrap(lambda x, s: x * attrs.evolve(s, n=s.n + 1).n)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), FAt(n=i))


@own(2)
def at_frozen_key(wrap):
    t = {FAt(): 2.0, FAt(n=3): 4.0}
    f = wrap(lambda x, s: x * t[s])
    for s in (FAt(), FAt(), FAt(n=3), FAt(n=3)):
        yield lambda: f(ones(), s)


@own(1)
def at_asdict(wrap):
    f = wrap(lambda x, s: (x + 1, attrs.asdict(s)))
    for i in range(4):
        yield lambda: f(ones(), At())


@own(2)
def at_made_inside_validator(wrap):
    @attrs.define
    class V:
        n: int = attrs.field(validator=attrs.validators.instance_of(int))

    f = wrap(lambda x, n: x * V(n).n)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), i)


@own(2)
def np_scalar_attr(wrap):
    class H:
        pass

    h = H()
    f = wrap(lambda x: x * float(h.s))
    for v in (2, 3, 4, 5):
        h.s = np.float32(v)
        yield lambda: f(ones())


@own(1)
def np_array_global_loop(wrap):
    a = np.arange(3.0)
    f = wrap(lambda x: x * torch.as_tensor(a).sum())
    for i in range(4):
        a[0] = i
        yield lambda: f(ones())


@own(1)
def np_dtype_carried(wrap):
    f = wrap(lambda x, d: (x + 1, d))
    for d in (np.dtype("float32"), np.dtype("int8"), np.dtype("U3"), np.dtype("bool")):
        yield lambda: f(ones(), d)


@own(1)
def np_datetime_sub(wrap):
    f = wrap(lambda x, a, b: x + 1 if a < b else x - 1)
    for n in (2, 3, 4, 5):
        yield lambda: f(ones(), np.datetime64(n, "s"), np.datetime64(9, "s"))


@own(2)
def pd_ts_year(wrap):
    f = wrap(lambda x, t: x + t.year)
    for m in (1, 2, 3, 4):
        yield lambda: f(ones(), pd.Timestamp(2020, m, 1))


@own(2)
def pd_ts_dict_key(wrap):
    table = {pd.Timestamp(2020, 1, 1): 2.0, pd.Timestamp(2020, 2, 1): 3.0}
    f = wrap(lambda x, t: x * table[t])
    for m in (1, 2, 1, 2):
        yield lambda: f(ones(), pd.Timestamp(2020, m, 1))


@own(2)
def pd_interval_in(wrap):
    iv = pd.Interval(0, 5)
    f = wrap(lambda x, v: x + 1 if v in iv else x - 1)
    for v in (1, 1, 7, 7):
        yield lambda: f(ones(), v)


@own(2)
def version_gate(wrap):
    f = wrap(lambda x, v: x + 1 if v >= Version("2.0") else x - 1)
    for t in ("2.1", "2.2", "1.9", "1.8"):
        yield lambda: f(ones(), Version(t))


@own(2)
def version_global_gate(wrap):
    H = types.SimpleNamespace(v=Version("2.1"))
    f = wrap(lambda x: x + 1 if H.v >= Version("2.0") else x - 1)
    for t in ("2.1", "2.1", "1.9", "1.9"):
        H.v = Version(t)
        yield lambda: f(ones())


@own(2)
def specifier_contains(wrap):
    f = wrap(lambda x, v: x + 1 if v in SpecifierSet(">=2.0") else x - 1)
    for t in ("2.1", "2.1", "1.9", "1.9"):
        yield lambda: f(ones(), Version(t))


@own(2)
def sympy_int(wrap):
    f = wrap(lambda x, n: x * int(n))
    for n in (2, 3, 4, 5):
        yield lambda: f(ones(), sympy.Integer(n))


@own(1)
def nx_neighbors(wrap):
    g = nx.path_graph(3)
    f = wrap(lambda x: x * len(list(g.neighbors(1))))
    for i in range(4):
        yield lambda: f(ones())
        g.add_node(10 + i)


@own(1)
def nx_message_passing(wrap):
    g = nx.path_graph(3)

    def fn(hs):
        return [sum((hs[j] for j in g.neighbors(i)), hs[i]) for i in g.nodes]

    f = wrap(fn)
    for i in range(4):
        yield lambda: f([ones(), ones() * 2, ones() * 3])
        g.graph["note"] = i


@own(2)
def decimal_hash_key(wrap):
    table = {D("1"): 2.0, D("2"): 3.0}
    f = wrap(lambda x, d: x * table[d])
    for d in (D(1), D(2), D(1), D(2)):
        yield lambda: f(ones(), d)


@own(1)
def decimal_kept_in_state(wrap):
    class H:
        pass

    h = H()

    def fn(x, d):
        h.last = d
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones(), D(i)), h.last)


@own(2)
def decimal_quantize(wrap):
    f = wrap(lambda x, d: (x + 1, d.quantize(D("0.1"))))
    for d in (D("1.23"), D("1.23"), D("2.71")):
        yield lambda: f(ones(), d)


@own(2)
def date_compare(wrap):
    f = wrap(lambda x, d: x + 1 if d < datetime.date(2021, 1, 1) else x - 1)
    for y in (2019, 2020, 2022, 2023):
        yield lambda: f(ones(), datetime.date(y, 1, 1))


@own(2)
def date_arith(wrap):
    f = wrap(lambda x, a, b: x * (b - a).days)
    for i in (2, 3, 4, 5):
        yield lambda: f(ones(), datetime.date(2020, 1, 1), datetime.date(2020, 1, i))


@own(2)
def path_suffix(wrap):
    f = wrap(lambda x, q: x + 1 if q.suffix == ".pt" else x - 1)
    for t in ("a.pt", "b.pt", "c.txt", "d.txt"):
        yield lambda: f(ones(), pathlib.PurePosixPath(t))


@own(1)
def path_joined_returned(wrap):
    f = wrap(lambda x, q: (x + 1, q / "model.pt"))
    for t in ("a", "a", "a"):
        yield lambda: f(ones(), pathlib.PurePosixPath(t))


@own(2)
def path_parts_len(wrap):
    f = wrap(lambda x, q: x * len(q.parts))
    for t in ("a/b", "a/c", "a/d", "a/b/c"):
        yield lambda: f(ones(), pathlib.PurePosixPath(t))


@own(1)
def const_fstring_returned(wrap):
    f = wrap(lambda x, d: (x + 1, f"at {d}"))
    for i in range(4):
        yield lambda: f(ones(), D(i))


@own(1)
def const_fstring_date(wrap):
    f = wrap(lambda x, d: (x + 1, f"at {d}"))
    for i in range(4):
        yield lambda: f(ones(), datetime.date(2020, 1, 1 + i))


# as a key the content of a value counts: torch alone is wrong as soon as keys meet
@own(4)
def const_as_key(wrap):
    f = wrap(lambda x, d: {d: x + 1})
    for i in range(4):
        yield lambda: f(ones(), D(i))


# as a key the content of a value counts: torch alone is wrong as soon as keys meet
@own(4)
def date_as_key(wrap):
    f = wrap(lambda x, d: {d: x + 1})
    for i in range(4):
        yield lambda: f(ones(), datetime.date(2020, 1, 1 + i))


@own(1)
def uuid_as_key_store(wrap):
    log = {}

    def fn(x, u):
        log[u] = 1
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones(), uuid.UUID(int=i)), len(log))


@own(1)
def uuid_request(wrap):
    @dataclasses.dataclass
    class R:
        id: uuid.UUID
        x: torch.Tensor

    f = wrap(lambda r: (r.x + 1, r.id))
    for i in range(4):
        yield lambda: f(R(uuid.UUID(int=i), ones()))


@own(2)
def fraction_ops(wrap):
    f = wrap(lambda x, q: x * float(q + fractions.Fraction(1, 3)))
    for i in (1, 1, 2, 2):
        yield lambda: f(ones(), fractions.Fraction(i, 5))


@own(2)
def ip_private(wrap):
    f = wrap(lambda x, a: x + 1 if a.is_private else x - 1)
    for t in ("10.0.0.1", "10.0.0.1", "8.8.8.8", "8.8.8.8"):
        yield lambda: f(ones(), ipaddress.ip_address(t))


@own(1)
def timedelta_carried_kw(wrap):
    def inner(x, **kw):
        return x + 1

    f = wrap(lambda x, t: inner(x, timeout=t))
    for i in range(4):
        yield lambda: f(ones(), datetime.timedelta(seconds=i))


@own(2)
def imm_get(wrap):
    f = wrap(lambda x, d: x * d.get("a", 3))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), immutabledict(a=v, b=v))


@own(2)
def imm_splat(wrap):
    def inner(x, a=1, b=0):
        return x * a

    f = wrap(lambda x, d: inner(x, **d))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), immutabledict(a=v, b=1))


@own(2)
def frz_key(wrap):
    t = {frozendict.frozendict(a=1): 2.0}
    f = wrap(lambda x, d: x * t.get(d, 5.0))
    for v in (1, 1, 2, 2):
        yield lambda: f(ones(), frozendict.frozendict(a=v))


@own(2)
def mlc_nested(wrap):
    c = ml_collections.ConfigDict({"a": {"b": 2}, "n": "z"})
    f = wrap(lambda x: x * c.a.b)
    for v in (2, 3, 4, 5):
        c.a.b = v
        c.n = str(v)
        yield lambda: f(ones())


@own(2)
def easy_attr(wrap):
    f = wrap(lambda x, c: x * c.a.b)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), easydict.EasyDict(a={"b": v}, c=v))


@own(2)
def addict_attr(wrap):
    f = wrap(lambda x, c: x * c.a.b)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), addict.Dict(a={"b": v}, c=v))


@own(2)
def bidict_inv(wrap):
    b = bidict.bidict(a=1, b=2)
    f = wrap(lambda x: (x * b["a"], b.inverse[2]))
    for v in range(4):
        yield lambda: f(ones())


@own(2)
def sorted_iter(wrap):
    f = wrap(lambda x, d: [x * v for k, v in d.items()])
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), sortedcontainers.SortedDict(b=v, a=1))


@own(2)
def multi_getall(wrap):
    f = wrap(lambda x, d: (x + 1, d.getall("a")))
    for v in ("x", "x", "y", "y"):
        yield lambda: f(ones(), multidict.MultiDict([("a", v), ("a", "2")]))


@own(2)
def box_attr(wrap):
    f = wrap(lambda x, c: x * c.a.b)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), box.Box(a={"b": v}, c=v))


@own(2)
def pb_wrapper(wrap):
    f = wrap(lambda x, m: x * m.value)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), wrappers_pb2.Int64Value(value=v))


@own(1)
def pb_carried(wrap):
    f = wrap(lambda x, m: (x + 1, m))
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), wrappers_pb2.StringValue(value=str(v)))


@own(1)
def pb_unused_field(wrap):
    f = wrap(lambda x, m: x * m.seconds)
    for v in (2, 3, 4, 5):
        yield lambda: f(ones(), timestamp_pb2.Timestamp(seconds=2, nanos=v))


@own(2)
def pb_hasfield(wrap):
    f = wrap(lambda x, m: x + 1 if m.HasField("number_value") else x - 1)
    for v in (2.0, 3.0, "a", "b"):

        def go(v=v):
            m = struct_pb2.Value()
            setattr(m, "number_value" if isinstance(v, float) else "string_value", v)
            return f(ones(), m)

        yield go
