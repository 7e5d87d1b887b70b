"""Hooks for all modules, the order of hooks, and modules that share their parts."""

from __future__ import annotations

import contextlib

import pytest
import torch
from facts import Plans, both_runs
from torch import nn
from torch.nn.modules import module as torch_module

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add

AFTER = torch_module.register_module_forward_hook
BEFORE = torch_module.register_module_forward_pre_hook


@contextlib.contextmanager
def hooked(register, hook, **options):
    handle = register(hook, **options)
    try:
        yield
    finally:
        handle.remove()


def hundred_more(module, args, out):
    return out + 100


def nested():
    return nn.Sequential(nn.Identity())


@plan
def on_what_is_compiled(wrap):
    """What `torch.compile` gives is no module of the program."""
    f = wrap(nested())
    yield lambda: f(ONE)
    with hooked(AFTER, hundred_more):
        yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def before_what_is_compiled(wrap):
    f = wrap(nested())
    yield lambda: f(ONE)
    with hooked(BEFORE, lambda module, args: (args[0] + 100,)):
        yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def there_at_first(wrap):
    f = wrap(nested())
    with hooked(AFTER, hundred_more):
        yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def beside_one_of_its_own(wrap):
    model = nested()
    model.register_forward_hook(lambda module, args, out: out * 3)
    f = wrap(model)
    yield lambda: f(ONE)
    with hooked(AFTER, hundred_more):
        yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def of_one_kind_of_module(wrap):
    model = nn.Sequential(nn.ReLU(), nn.Identity())
    f = wrap(lambda x: model(x))
    yield lambda: f(ONE)
    hook = lambda module, args, out: out + 100 if isinstance(module, nn.ReLU) else None
    with hooked(AFTER, hook):
        yield lambda: f(ONE)


@plan
def with_keywords(wrap):
    model = nn.Sequential(nn.ReLU())
    f = wrap(lambda x: model(x))
    yield lambda: f(ONE)
    with hooked(AFTER, lambda module, args, kwargs, out: out + 100, with_kwargs=True):
        yield lambda: f(ONE)


@plan
def on_a_method_of_the_module(wrap):
    f = wrap(nested().forward)
    yield lambda: f(ONE)
    with hooked(AFTER, hundred_more):
        yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def going_back(wrap):
    model = nested()
    f = wrap(lambda x: model(x * 2))

    def run():
        x = torch.ones(2, requires_grad=True)
        f(x).sum().backward()
        return x.grad

    yield run
    hook = lambda module, given, taken: tuple(one if one is None else one * 5 for one in given)
    with hooked(torch_module.register_module_full_backward_hook, hook):
        yield run


@plan
def in_another_order(wrap):
    """The order of an `OrderedDict` can change where that of a dict cannot."""
    model = nn.Identity()
    model.register_forward_hook(lambda module, args, out: out * 3)
    model.register_forward_hook(lambda module, args, out: out + 1)
    f = wrap(lambda x: model(x))
    yield lambda: f(ONE)
    model._forward_hooks.move_to_end(next(iter(model._forward_hooks)))
    yield lambda: f(ONE)


@plan
def parameters_that_come_to_be_one(wrap):
    model = nn.Module()
    model.a, model.b = nn.Linear(2, 2), nn.Linear(2, 2)
    f = wrap(lambda x: x * len(dict(model.named_parameters())))
    yield lambda: f(ONE)
    model.b.weight = model.a.weight
    yield lambda: f(ONE)


@plan
def children_that_come_to_be_one(wrap):
    model = nn.Module()
    model.a, model.b = nn.Linear(2, 2), nn.Linear(2, 2)
    f = wrap(lambda x: x * len(list(model.children())))
    yield lambda: f(ONE)
    model.b = model.a
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


def test_modules_that_are_hooked_by_torch_are_as_they_were() -> None:
    """On other registries what `torch.compile` gives is called as torch calls it."""
    own = torch._dynamo.OptimizedModule.__dict__.get("_call_impl")
    with vartrack.use(vartrack.sound):
        assert torch._dynamo.OptimizedModule.__dict__.get("_call_impl") is not own
    assert torch._dynamo.OptimizedModule.__dict__.get("_call_impl") is own
