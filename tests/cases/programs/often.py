"""Programs that are compiled again and again: counters, names, modes, settings, closures, loops."""

import collections
import contextlib
import dataclasses
import enum
import functools
import types
import typing

import torch
from torch import nn

from cases.programs.common import of_our_own, ones

own = of_our_own("compiled often")


@own(2)
def counter_in_nested_dict(wrap):
    st = {"a": {"step": 0}}

    def f(x):
        st["a"]["step"] += 1
        return x * st["a"]["step"]

    f = wrap(f)
    for _ in range(5):
        yield lambda: (f(ones()), st["a"]["step"])


@own(2)
def counter_in_list_global(wrap):
    c = [0, "a"]

    def f(x):
        c[0] += 1
        return x + c[0]

    f = wrap(f)
    for _ in range(5):
        yield lambda: (f(ones()), c[0])


@own(2)
def counter_dataclass_field(wrap):
    @dataclasses.dataclass
    class S:
        n: int = 0
        tag: str = "a"

    s = S()

    def f(x):
        s.n += 2
        return x * s.n

    f = wrap(f)
    for i in range(5):
        s.tag = str(i)
        yield lambda: (f(ones()), s.n)


@own(2)
def counter_slots(wrap):
    class S:
        __slots__ = ("n",)

    s = S()
    s.n = 0

    def f(x):
        s.n += 1
        return x * s.n

    f = wrap(f)
    for i in range(5):
        yield lambda: (f(ones()), s.n)


@own(2)
def counter_property(wrap):
    class S:
        def __init__(self):
            self._n = 0

        @property
        def n(self):
            return self._n

        @n.setter
        def n(self, v):
            self._n = v

    s = S()

    def f(x):
        s.n += 1
        return x * s.n

    f = wrap(f)
    for i in range(5):
        yield lambda: (f(ones()), s.n)


@own(1)
def kwargs_unused_string(wrap):
    f = wrap(lambda x, **kw: x + len(kw))
    for i in range(5):
        yield lambda: f(ones(), name=f"r{i}")


@own(1)
def kwargs_passed_down(wrap):
    def inner(x, **kw):
        return x + 1

    f = wrap(lambda x, **kw: inner(x, **kw))
    for i in range(5):
        yield lambda: f(ones(), name=f"r{i}", n=i)


@own(1)
def default_arg_overridden(wrap):
    def fn(x, tag="none", *, extra=None):
        return x + 1, {"tag": tag, "extra": extra}

    f = wrap(fn)
    yield lambda: f(ones())
    for i in range(4):
        yield lambda: f(ones(), f"t{i}", extra=f"e{i}")


@own(1)
def string_in_exception_not_raised(wrap):
    def fn(x, name):
        if x.shape[0] > 5:
            raise ValueError(f"bad {name}")
        return x + 1

    f = wrap(fn)
    for i in range(5):
        yield lambda: f(ones(), f"t{i}")


@own(1)
def string_into_exception_caught(wrap):
    def fn(x, name):
        try:
            raise KeyError(name)
        except KeyError:
            return x + 1

    f = wrap(fn)
    for i in range(5):
        yield lambda: f(ones(), f"t{i}")


@own(2)
def mode_match_statement(wrap):
    def fn(x, mode):
        match mode:
            case "a":
                return x + 1
            case "b":
                return x + 1
            case _:
                return x - 1

    f = wrap(fn)
    for m in ("c", "d", "e", "f", "a"):
        yield lambda: f(ones(), m)


@own(2)
def mode_in_set_global(wrap):
    allowed = {"a", "b"}
    f = wrap(lambda x, m: x + 1 if m in allowed else x - 1)
    for m in ("c", "d", "e", "a", "b"):
        yield lambda: f(ones(), m)


@own(2)
def mode_in_dict_keys(wrap):
    table = {"a": 1, "b": 2}
    f = wrap(lambda x, m: x + 1 if m in table else x - 1)
    for m in ("c", "d", "e", "a", "b"):
        yield lambda: f(ones(), m)


@own(2)
def mode_get_default(wrap):
    table = {"a": 1.0}
    f = wrap(lambda x, m: x * table.get(m, 3.0))
    for m in ("c", "d", "e", "f", "a"):
        yield lambda: f(ones(), m)


@own(2)
def flag_enum_bits(wrap):
    class F(enum.Flag):
        A = 1
        B = 2
        C = 4

    f = wrap(lambda x, m: x + 1 if F.A in m else x - 1)
    for m in (F.A, F.A | F.B, F.A | F.C, F.B):
        yield lambda: f(ones(), m)


@own(2)
def intenum_compare(wrap):
    class L(enum.IntEnum):
        LOW = 1
        MID = 2
        HIGH = 3
        MAX = 4

    f = wrap(lambda x, layer: x + 1 if layer >= L.MID else x - 1)
    for m in (L.MID, L.HIGH, L.MAX, L.LOW):
        yield lambda: f(ones(), m)


@own(2)
def strenum_eq(wrap):
    class M(str, enum.Enum):
        A = "a"
        B = "b"
        C = "c"

    f = wrap(lambda x, m: x + 1 if m == "a" else x - 1)
    for m in (M.B, M.C, M.B, M.A):
        yield lambda: f(ones(), m)


@own(1)
def list_first_while_grows(wrap):
    log = [3]
    f = wrap(lambda x: x * log[0])
    for i in range(5):
        yield lambda: f(ones())
        log.append(i)


@own(1)
def deque_last(wrap):
    q = collections.deque([1], maxlen=4)
    f = wrap(lambda x: x * q[-1])
    for i in range(5):
        yield lambda: f(ones())
        q.append(1)


@own(2)
def list_truth(wrap):
    hooks = []
    f = wrap(lambda x: x + 1 if hooks else x - 1)
    for i in range(5):
        yield lambda: f(ones())
        hooks.append(i)


@own(1)
def module_attr_dict_entry_added(wrap):
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.cfg = {"scale": 2}

        def forward(self, x):
            return x * self.cfg["scale"]

    m = M()
    f = wrap(m)
    for i in range(5):
        yield lambda: f(ones())
        m.cfg[f"k{i}"] = i


@own(1)
def module_new_attr(wrap):
    class M(nn.Module):
        def forward(self, x):
            return x * 2

    m = M()
    f = wrap(m)
    for i in range(4):
        yield lambda: f(ones())
        setattr(m, f"note{i}", i)


@own(2)
def module_counter_and_flag(wrap):
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.warm = 3

        def forward(self, x):
            self.calls += 1
            if self.calls > self.warm:
                return x * 2
            return x

    m = M()
    f = wrap(m)
    for i in range(7):
        yield lambda: (f(ones()), m.calls)


@own(2)
def submodule_counter_list(wrap):
    class L(nn.Module):
        def __init__(self, i):
            super().__init__()
            self.i = i
            self.n = 0

        def forward(self, x):
            self.n += 1
            return x + self.i

    m = nn.ModuleList([L(i) for i in range(3)])

    def fn(x):
        for layer in m:
            x = layer(x)
        return x

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones()), [layer.n for layer in m])


@own(1)
def layer_idx_same_code(wrap):
    class L(nn.Module):
        def __init__(self, i):
            super().__init__()
            self.idx = i
            self.name = f"l{i}"
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x, cache):
            cache[self.idx] = x
            return x * self.w

    ls = [L(i) for i in range(6)]
    fwd = wrap(L.forward)
    for layer in ls:
        yield lambda: (lambda c: (fwd(layer, ones(), c), c))({})


@own(1)
def layer_name_stored(wrap):
    class L(nn.Module):
        def __init__(self, i):
            super().__init__()
            self.name = f"l{i}"
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x, stats):
            stats["last"] = self.name
            return x * self.w

    ls = [L(i) for i in range(6)]
    fwd = wrap(L.forward)
    for layer in ls:
        yield lambda: (lambda c: (fwd(layer, ones(), c), c))({})


@own(2)
def optimizer_lr(wrap):
    w = nn.Parameter(torch.ones(2))
    opt = torch.optim.SGD([w], lr=0.1, momentum=0.9)

    def step():
        opt.step()

    f = wrap(step)
    for i in range(5):
        w.grad = torch.ones(2)
        opt.param_groups[0]["lr"] = 0.1 / (i + 1)
        yield lambda: (f(), w.detach().clone())


@own(2)
def closure_cell_counter(wrap):
    n = 0

    def fn(x):
        nonlocal n
        n += 1
        return x * n

    f = wrap(fn)
    for i in range(5):
        yield lambda: (f(ones()), n)


@own(1)
def namedtuple_carried_field(wrap):
    class Req(typing.NamedTuple):
        id: str
        x: torch.Tensor

    f = wrap(lambda r: Req(r.id, r.x + 1))
    for i in range(5):
        yield lambda: tuple(f(Req(f"id{i}", ones())))


@own(1)
def dataclass_carried_replace(wrap):
    @dataclasses.dataclass(frozen=True)
    class Req:
        id: str
        x: torch.Tensor
        n: int = 1

    def fn(r):
        return dataclasses.replace(r, x=r.x + 1)

    f = wrap(fn)
    for i in range(5):
        yield lambda: (lambda r: (r.id, r.x))(f(Req(f"id{i}", ones())))


@own(1)
def carried_type_changes(wrap):
    f = wrap(lambda x, tag: (x + 1, tag))
    for t in ("a", 1, 2.5, None, ("a",), b"x"):
        yield lambda: f(ones(), t)


@own(1)
def carried_attr_type_changes(wrap):
    class H:
        pass

    h = H()
    f = wrap(lambda x: (x + 1, h.tag))
    for t in ("a", 1, 2.5, None):
        h.tag = t
        yield lambda: f(ones())


@own(2)
def none_or_string(wrap):
    f = wrap(lambda x, tag: x + 1 if tag is None else x - 1)
    for t in (None, "a", "b", 1, 2.0):
        yield lambda: f(ones(), t)


@own(1)
def generator_over_kwargs(wrap):
    def gen(x, names):
        for n in names:
            yield n, x + 1

    f = wrap(lambda x, names: list(gen(x, names)))
    for i in range(4):
        yield lambda: f(ones(), [f"a{i}", f"b{i}"])


@own(1)
def comprehension_names(wrap):
    f = wrap(lambda x, names: {"out": x + 1, "names": [n for n in names]})
    for i in range(4):
        yield lambda: f(ones(), (f"a{i}", f"b{i}"))


@own(1)
def zip_names_tensors(wrap):
    f = wrap(lambda xs, names: [(n, x + 1) for n, x in zip(names, xs)])
    for i in range(4):
        yield lambda: f([ones(), ones()], [f"a{i}", f"b{i}"])


@own(2)
def context_manager_tag(wrap):
    @contextlib.contextmanager
    def scope(name):
        log.append(name)
        yield
        log.pop()

    log = []

    def fn(x, name):
        with scope(name):
            y = x + 1
        return y

    f = wrap(fn)
    for i in range(4):
        yield lambda: f(ones(), f"n{i}")


@own(1)
def class_context_manager(wrap):
    class Scope:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            return self

        def __exit__(self, *a):
            return False

    def fn(x, name):
        with Scope(name) as s:
            y = x + 1
        return y, s.name

    f = wrap(fn)
    for i in range(4):
        yield lambda: f(ones(), f"n{i}")


@own(1)
def inherit_init_super(wrap):
    class A:
        def __init__(self, name):
            self.name = name

    class B(A):
        def __init__(self, name, n):
            super().__init__(name)
            self.n = n

    def fn(x, name):
        b = B(name, 2)
        return x * b.n, b.name

    f = wrap(fn)
    for i in range(4):
        yield lambda: f(ones(), f"n{i}")


@own(2)
def temperature_attr(wrap):
    class Sampler(nn.Module):
        def __init__(self):
            super().__init__()
            self.temperature = 1.0
            self.top_k = 5

        def forward(self, x):
            x = x / self.temperature
            return torch.topk(x, min(self.top_k, x.shape[-1])).values

    m = Sampler()
    f = wrap(m)
    for t in (1.0, 0.7, 0.9, 1.3):
        m.temperature = t
        yield lambda: f(torch.arange(8.0))


@own(2)
def drop_prob_schedule(wrap):
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = 0.0

        def forward(self, x):
            if self.p > 0:
                return x * (1 - self.p)
            return x

    m = M()
    f = wrap(m)
    for t in (0.1, 0.2, 0.3, 0.4):
        m.p = t
        yield lambda: f(ones())


@own(2)
def ema_decay_min(wrap):
    class E(nn.Module):
        def __init__(self):
            super().__init__()
            self.n = 0
            self.register_buffer("s", torch.zeros(2))

        def forward(self, x):
            self.n += 1
            d = min(0.99, (1 + self.n) / (10 + self.n))
            self.s = self.s * d + x * (1 - d)
            return self.s

    m = E()
    f = wrap(m)
    for t in range(6):
        yield lambda: f(ones()).clone()


@own(2)
def kv_cache_pos(wrap):
    class C:
        def __init__(self):
            self.k = torch.zeros(16, 2)
            self.pos = 0

    c = C()

    def fn(x):
        c.k[c.pos] = x
        c.pos += 1
        return c.k[: c.pos].sum()

    f = wrap(fn)
    for i in range(6):
        yield lambda: (f(ones() * i), c.pos)


@own(2)
def epoch_kwarg_default(wrap):
    def fn(x, *, epoch=0):
        return x * (epoch + 1)

    f = wrap(fn)
    for i in range(5):
        yield lambda: f(ones(), epoch=i)


@own(1)
def partial_name(wrap):
    def fn(x, name):
        return x + 1, name

    f = wrap(lambda x, g: g(x))
    for i in range(4):
        yield lambda: f(ones(), functools.partial(fn, name=f"n{i}"))


@own(1)
def lambda_cell_string(wrap):
    f = wrap(lambda x, g: g(x))

    def make(n):
        return lambda x: (x + 1, n)

    for i in range(4):
        yield lambda: f(ones(), make(f"n{i}"))


@own(2)
def lambda_cell_number(wrap):
    f = wrap(lambda x, g: g(x))

    def make(n):
        return lambda x: x * n

    for i in range(4):
        yield lambda: f(ones(), make(i + 2))


@own(1)
def bound_method_fresh(wrap):
    class A:
        def __init__(self, n):
            self.n = n

        def go(self, x):
            return x + 1

    f = wrap(lambda x, g: g(x))
    for i in range(4):
        yield lambda: f(ones(), A(f"n{i}").go)


@own(1)
def simple_namespace_extra(wrap):
    f = wrap(lambda x, s: x * s.scale)
    for i in range(4):
        yield lambda: f(ones(), types.SimpleNamespace(scale=2, **{f"k{i}": i}))


@own(1)
def print_like_collect(wrap):

    def fn(x, name):
        y = x + 1
        msg = f"step {name}: {tuple(y.shape)}"
        return y, msg

    f = wrap(fn)
    for i in range(4):
        yield lambda: f(ones(), f"n{i}")


@own(2)
def str_startswith_tuple(wrap):
    f = wrap(lambda x, n: x + 1 if n.startswith(("enc", "dec")) else x - 1)
    for n in ("enc.0", "enc.1", "dec.3", "head"):
        yield lambda: f(ones(), n)


@own(2)
def str_split_first(wrap):
    f = wrap(lambda x, n: x + 1 if n.split(".")[0] == "enc" else x - 1)
    for n in ("enc.0", "enc.1", "enc.3", "enc.4"):
        yield lambda: f(ones(), n)


@own(2)
def device_string_type(wrap):
    f = wrap(lambda x, d: x + 1 if torch.device(d).type == "cpu" else x - 1)
    for n in ("cpu", "cpu", "cuda:0", "cuda:1"):
        yield lambda: f(ones(), n)


@own(2)
def dtype_check(wrap):
    f = wrap(lambda x, d: x + 1 if d.is_floating_point else x - 1)
    for n in (torch.float16, torch.bfloat16, torch.float32, torch.int8):
        yield lambda: f(ones(), n)


@own(1)
def autocast_dtype_carried(wrap):
    def fn(x, cfg):
        return x * cfg["n"], cfg

    f = wrap(fn)
    for d in (torch.float16, torch.bfloat16, torch.float32):
        yield lambda: f(ones(), {"n": 2, "dtype": d})


@own(2)
def length_limit_text(wrap):
    f = wrap(lambda x, t: x + 1 if len(t) > 3 else x - 1)
    for t in ("abcd", "abcde", "zzzzz", "a"):
        yield lambda: f(ones(), t)


@own(2)
def tuple_compare(wrap):
    f = wrap(lambda x, v: x + 1 if v >= (2, 1) else x - 1)
    for v in ((2, 1), (2, 3), (3, 0), (1, 9)):
        yield lambda: f(ones(), v)


@own(2)
def range_carried(wrap):
    f = wrap(lambda x, r: (x + 1, r))
    for i in range(4):
        yield lambda: f(ones(), range(i + 2))


@own(2)
def slice_arg(wrap):
    f = wrap(lambda x, s: x[s].sum())
    for i in range(4):
        yield lambda: f(torch.arange(8.0), slice(0, i + 2))


@own(1)
def counter_collections(wrap):
    c = collections.Counter()

    def fn(x, c):
        c["calls"] += 1
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones(), c), dict(c))


@own(1)
def defaultdict_stats(wrap):
    c = collections.defaultdict(list)

    def fn(x):
        c["n"].append(1)
        return x + 1

    f = wrap(fn)
    for i in range(4):
        yield lambda: (f(ones()), {k: len(v) for k, v in c.items()})
