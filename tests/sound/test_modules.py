"""Hooks, and what hides the parts of modules."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from facts import Plan, Plans, both_runs
from torch import nn

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


class Leaf(nn.Module):
    def __init__(s):
        super().__init__()
        s.register_buffer("b", torch.ones(2))
        s.p = nn.Parameter(torch.ones(2))
        s.k = 2

    def forward(s, x):
        return x * s.k + s.b


class Top(nn.Module):
    def __init__(s):
        super().__init__()
        s.a = Leaf()
        s.l = nn.ModuleList([Leaf(), nn.Sequential(Leaf(), nn.ReLU())])

    def forward(s, x):
        x = s.a(x)
        for m in s.l:
            x = m(x)
        return x


def mod(name, change):
    def p(wrap):
        m = Top()
        f = wrap(m)
        yield lambda: f(ONE).detach()
        change(m)
        yield lambda: f(ONE).detach()

    p.__name__ = name
    PLANS[name] = p


def hk(kind, at):
    def c(m):
        t = {"top": m, "a": m.a, "deep": m.l[1][0], "seq": m.l[1], "relu": m.l[1][1]}[at]
        if kind == "fwd":
            t.register_forward_hook(lambda mod, i, o: o + 100)
        if kind == "pre":
            t.register_forward_pre_hook(lambda mod, i: (i[0] + 100,))
        if kind == "fwdkw":
            t.register_forward_hook(lambda mod, i, k, o: o + 100, with_kwargs=True)
        if kind == "prekw":
            t.register_forward_pre_hook(lambda mod, i, k: ((i[0] + 100,), k), with_kwargs=True)
        if kind == "always":
            t.register_forward_hook(lambda mod, i, o: o + 100, always_call=True)
        if kind == "direct":
            t._forward_hooks[99] = lambda mod, i, o: o + 100

    return c


for k in ("fwd", "pre", "fwdkw", "prekw", "always", "direct"):
    for at in ("top", "a", "deep", "seq", "relu"):
        mod(f"hook_{k}_{at}", hk(k, at))


@plan
def hook_removed(wrap):
    m = Top()
    h = m.a.register_forward_hook(lambda mod, i, o: o + 100)
    f = wrap(m)
    yield lambda: f(ONE).detach()
    h.remove()
    yield lambda: f(ONE).detach()


@plan
def hook_replaced(wrap):
    m = Top()
    h = m.a.register_forward_hook(lambda mod, i, o: o + 100)
    f = wrap(m)
    yield lambda: f(ONE).detach()
    h.remove()
    m.a.register_forward_hook(lambda mod, i, o: o + 200)
    yield lambda: f(ONE).detach()


@plan
def hook_closure(wrap):
    k = [1]
    m = Top()
    h = m.a.register_forward_hook(lambda mod, i, o: o + k[0])
    f = wrap(m)
    yield lambda: f(ONE).detach()
    k[0] = 5
    yield lambda: f(ONE).detach()


@plan
def hook_order(wrap):
    m = Top()
    m.a.register_forward_hook(lambda mod, i, o: o * 3)
    f = wrap(m)
    yield lambda: f(ONE).detach()
    m.a.register_forward_hook(lambda mod, i, o: o + 100, prepend=True)
    yield lambda: f(ONE).detach()


@plan
def global_hook_function(wrap):
    m = Top()
    f = wrap(lambda x: m(x))
    yield lambda: f(ONE).detach()
    h = nn.modules.module.register_module_forward_hook(lambda mod, i, o: o + 100)
    try:
        yield lambda: f(ONE).detach()
    finally:
        h.remove()


@plan
def backward_hook(wrap):
    m = Top()
    f = wrap(m)

    def go():
        x = torch.ones(2, requires_grad=True)
        f(x).sum().backward()
        return x.grad

    yield go
    m.a.register_full_backward_hook(lambda mod, gi, go: (gi[0] * 5,))
    yield go


mod("forward_on_instance", lambda m: setattr(m.a, "forward", lambda x: x * 50))
mod("forward_on_deep", lambda m: setattr(m.l[1][0], "forward", lambda x: x * 50))
mod("dict_hides_buffer", lambda m: m.a.__dict__.__setitem__("b", torch.ones(2) * 50))
mod("dict_hides_module", lambda m: m.__dict__.__setitem__("a", lambda x: x * 50))
mod("module_replaced", lambda m: setattr(m, "a", nn.ReLU()))
mod("module_deleted_from_list", lambda m: m.l.__delitem__(0))
mod("module_appended", lambda m: m.l.append(Leaf()))
mod("buffer_replaced", lambda m: setattr(m.a, "b", torch.ones(2) * 7))
mod("train_eval", lambda m: m.eval())
mod("attr", lambda m: setattr(m.a, "k", 7))
mod("seq_swapped", lambda m: m.l[1].__setitem__(0, nn.ReLU()))
mod(
    "parametrize",
    lambda m: torch.nn.utils.parametrize.register_parametrization(m.a, "p", nn.ReLU()),
)


@plan
def class_attr_hides_param(wrap):
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.p = nn.Parameter(torch.ones(2))

        def forward(s, x):
            return x * s.p

    m = M()
    f = wrap(m)
    yield lambda: f(ONE).detach()
    M.p = torch.ones(2) * 9
    yield lambda: f(ONE).detach()


@plan
def module_getattr_added(wrap):
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.p = nn.Parameter(torch.ones(2))

        def forward(s, x):
            return x * s.p

    m = M()
    f = wrap(m)
    yield lambda: f(ONE).detach()
    M.__getattr__ = lambda s, n: torch.ones(2) * 9
    yield lambda: f(ONE).detach()


@plan
def inst_static_forward(wrap):
    class M(nn.Module):
        def forward(s, x):
            return x * 2

    class N(M):
        pass

    m = N()
    f = wrap(m)
    yield lambda: f(ONE)
    N.forward = lambda s, x: x * 9
    yield lambda: f(ONE)


@plan
def named_children(wrap):
    m = Top()

    def fn(x):
        for n, c in m.named_children():
            x = x + len(n)
        return x

    f = wrap(fn)
    yield lambda: f(ONE)
    m.abc = nn.ReLU()
    yield lambda: f(ONE)


@plan
def has_param(wrap):
    m = Top()
    f = wrap(lambda x: x * 2 if hasattr(m.a, "q") else x * 3)
    yield lambda: f(ONE)
    m.a.q = nn.Parameter(torch.ones(1))
    yield lambda: f(ONE)


@plan
def get_submodule(wrap):
    m = Top()
    f = wrap(lambda x: m.get_submodule("l.1.0")(x))
    yield lambda: f(ONE).detach()
    m.l[1][0] = nn.ReLU()
    yield lambda: f(ONE).detach()


def other(self, x):
    return x * 9


def code(name, make):
    """The code of a forward is set anew, which torch reads without a guard."""

    def p(wrap):
        class Base(nn.Module):
            def forward(self, x):
                return x * 2

        class Derived(Base):
            def helper(self, x):
                return super().forward(x)

        m = make(Base, Derived)
        f = wrap(lambda x: m(x))
        yield lambda: f(ONE)
        Base.forward.__code__ = other.__code__
        yield lambda: f(ONE)

    p.__name__ = name
    PLANS[name] = p


code("code_of_a_forward", lambda base, derived: base())
code("code_of_a_forward_of_a_part", lambda base, derived: nn.Sequential(base()))
code("code_of_an_inherited_forward", lambda base, derived: nn.Sequential(derived()))


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.usefixtures("as_before")
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)
