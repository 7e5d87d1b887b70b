"""What Python takes of an object: for `**value` and `update`, as an operand, and on entering it."""

from __future__ import annotations

import contextlib
import operator
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from facts import both_runs, outcomes
from torch import nn

from vartrack.compat.release import runs_on

ONE = torch.ones(2)

since_slots = pytest.mark.skipif(
    runs_on("<2.13"), reason="operators go by tables of functions, and are as on torch alone"
)


def pairs(**named: Any) -> Any:
    return tuple(named.items())


def updated(value: Any) -> Any:
    made: dict[str, Any] = {}
    made.update(value)
    return made


def tried(use: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(x, value):
        try:
            return x + 1, use(value)
        except TypeError:
            return x - 1, "no"

    return run


USES: dict[str, Callable[[Any], Any]] = {
    "**": lambda value: pairs(**value),
    "{**}": lambda value: {**value},
    "update": updated,
    "dict": lambda value: dict(value),  # noqa: PLW0108  what is compiled
}
CHANGES: dict[str, Callable[[Any], None]] = {
    "keys": lambda cls: setattr(cls, "keys", lambda _: iter(["q"])),
    "no keys": lambda cls: delattr(cls, "keys"),
    "keys that are None": lambda cls: setattr(cls, "keys", None),
    "no items": lambda cls: delattr(cls, "__getitem__"),
    "items": lambda cls: setattr(cls, "__getitem__", lambda _, key: 7),
}


@pytest.mark.parametrize(
    ("base", "change"),
    [*((object, change) for change in CHANGES), (nn.Module, "no keys")],
    ids=[*CHANGES, "module with no keys"],
)
@pytest.mark.parametrize("use", USES)
def test_mapping_of_its_own(use: str, change: str, base: type) -> None:
    def plan(wrap):
        names = {"keys": lambda _: ["a", "b"], "__getitem__": lambda _, key: 5}
        cls = type("Mapped", (base,), names)
        value = cls()
        f = wrap(tried(USES[use]))
        yield lambda: f(ONE, value)
        CHANGES[change](cls)
        yield lambda: f(ONE, value)

    both_runs(plan, refuses=True)


#: What is set on a subclass of dict: Python asks for the first two only where the third is set.
SET: dict[str, dict[str, Any]] = {
    "keys": {"keys": lambda _: ["b"]},
    "items": {"items": lambda _: [("q", 1)]},
    "getitem": {"__getitem__": lambda _, key: 5},
    "iter": {"__iter__": lambda _: iter(["b"])},
    "iter and keys": {"__iter__": lambda _: iter(["a"]), "keys": lambda _: ["b"]},
    "iter and getitem": {"__iter__": lambda _: iter(["a"]), "__getitem__": lambda _, key: 5},
}
MADE: dict[type, tuple[Any, ...]] = {
    dict: ({"a": 1, "b": 2},),
    OrderedDict: ({"a": 1, "b": 2},),
}


@pytest.mark.parametrize("base", MADE, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("names", SET)
@pytest.mark.parametrize("use", ["**", "dict"])
def test_dict_of_its_own(use: str, names: str, base: type) -> None:
    def plan(wrap):
        cls = type("Own", (base,), {})
        value = cls(*MADE[base])
        f = wrap(tried(USES[use]))
        yield lambda: f(ONE, value)
        for name, method in SET[names].items():
            setattr(cls, name, method)
        yield lambda: f(ONE, value)

    both_runs(plan)


def _filled(value: Any) -> Any:
    made = OrderedDict(q=0)
    made.update(value)
    return [*made.items()]


#: Where an `OrderedDict` takes one: it goes by ``keys``, and never by what is stored.
ORDERED: dict[str, Callable[[Any], Any]] = {
    "made of": lambda value: [*OrderedDict(value).items()],
    "made of, and more": lambda value: [*OrderedDict(value, b=3).items()],
    "update": _filled,
    "|": lambda value: [*(OrderedDict(q=0) | value).items()],
}


@pytest.mark.parametrize("names", SET)
@pytest.mark.parametrize("use", ORDERED)
def test_dict_of_its_own_in_an_ordered_dict(use: str, names: str) -> None:
    if use == "|" and runs_on("<2.13"):
        pytest.skip("torch merges the two itself")

    def plan(wrap):
        cls = type("Own", (dict,), {})
        value = cls(a=1, b=2)
        f = wrap(lambda x, value: (x + 1, ORDERED[use](value)))
        yield lambda: f(ONE, value)
        for name, method in SET[names].items():
            setattr(cls, name, method)
        yield lambda: f(ONE, value)

    both_runs(plan)


VALUES: dict[type, Any] = {int: 3, list: [1], tuple: (1,)}
SIDES = {"base and derived": (0, 1), "same": (1, 1), "other": (2, 1)}


@since_slots
@pytest.mark.parametrize("base", VALUES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("where", [0, 1], ids=["on base", "on derived"])
def test_reflected_operator(where: int, sides: str, base: type) -> None:
    def plan(wrap):
        first = type("First", (base,), {})
        classes = first, type("Derived", (first,), {}), type("Other", (base,), {})
        left, right = (classes[side](VALUES[base]) for side in SIDES[sides])
        f = wrap(lambda x, left, right: (x + 1, left + right))
        yield lambda: f(ONE, left, right)
        classes[where].__radd__ = lambda *_: "reflected"
        yield lambda: f(ONE, left, right)

    both_runs(plan, refuses=True)


@since_slots
def test_operator_that_only_the_right_has() -> None:
    def plan(wrap):
        cls = type("Plain", (), {})
        left, right = cls(), cls()

        def tried_or(x):
            try:
                return x + 1, operator.or_(left, right)
            except TypeError:
                return x - 1, "no"

        f = wrap(tried_or)
        yield lambda: f(ONE)
        cls.__ror__ = lambda *_: "reflected"
        yield lambda: f(ONE)

    both_runs(plan)


@pytest.mark.parametrize("later", [None, 0, 2, ONE * 3], ids=["none", "zero", "number", "tensor"])
def test_null_context_that_gives_something(later: Any) -> None:
    def plan(wrap):
        def entered(x, context):
            with context as given:
                return x if given is None else x * given

        f = wrap(entered)
        yield lambda: f(ONE, contextlib.nullcontext())
        yield lambda: f(ONE, contextlib.nullcontext(later))

    both_runs(plan, refuses=True)


def with_setup() -> Any:
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.scale = 5

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.scale

    return Doubled


REPLACED: dict[str, Any] = {
    "forward": lambda x: x * 9,
    "setup_context": lambda ctx, inputs, output: setattr(ctx, "scale", 50),
    "backward": lambda ctx, grad: grad * 90,
}


@pytest.mark.parametrize("name", REPLACED)
def test_method_of_autograd_function(name: str) -> None:
    def plan(wrap):
        function = with_setup()
        f = wrap(lambda x: function.apply(x))

        def run():
            x = torch.ones(2, requires_grad=True)
            result = f(x)
            result.sum().backward()
            return result.detach(), x.grad

        yield run
        setattr(function, name, staticmethod(REPLACED[name]))
        yield run

    assert both_runs(plan) == 2


class Scaled(nn.Module):
    def forward(self, x, *, by=1):
        return x * by


@pytest.mark.parametrize("flags", ["_forward_hooks_with_kwargs", "_forward_pre_hooks_with_kwargs"])
def test_hook_that_gets_keywords_later(flags: str) -> None:
    def plan(wrap):
        model = Scaled()
        if "pre" in flags:
            handle = model.register_forward_pre_hook(
                lambda _, args, *more: (args, {"by": 9}) if more else None
            )
        else:
            handle = model.register_forward_hook(lambda _, args, *more: more[-1] + len(more))
        f = wrap(lambda x: model(x, by=2))
        yield lambda: f(ONE)
        getattr(model, flags)[handle.id] = True
        yield lambda: f(ONE)

    assert both_runs(plan) == 2


def test_hook_on_two_modules_compiles_no_more() -> None:
    def plan(wrap):
        f = wrap(lambda x, model: model(x))
        for _ in range(3):
            model = Scaled()
            model.register_forward_hook(lambda _, args, named, out: out + 1, with_kwargs=True)
            yield lambda model=model: f(ONE, model)

    assert both_runs(plan) == outcomes(plan, None)[1]


@pytest.mark.parametrize("always", [False, True])
def test_hook_that_is_always_called(always: bool) -> None:
    called: list[int] = []

    def plan(wrap):
        class Raising(nn.Module):
            def forward(self, x):
                raise ValueError

        model = Raising()
        handle = model.register_forward_hook(lambda *_: called.append(1), always_call=always)

        def caught(x):
            try:
                model(x)
            except ValueError:
                return x + 1

        f = wrap(caught)

        def run():
            called.clear()
            return f(ONE), [*called]

        yield run
        model._forward_hooks_always_called[handle.id] = True
        yield run

    both_runs(plan, refuses=True)


@since_slots
def test_list_added_to_itself() -> None:
    def plan(wrap):
        cls = type("Items", (list,), {})

        def added(x, items):
            try:
                items += items
            except TypeError:
                return x - 1, "no"
            return x + 1, items

        f = wrap(added)
        yield lambda: f(ONE, cls([1]))
        cls.__iadd__ = lambda *_: 5
        yield lambda: f(ONE, cls([1]))

    both_runs(plan)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python asks `__trunc__` no more")
def test_whole_number_by_truncating() -> None:
    def plan(wrap):
        cls = type("Cut", (), {"__trunc__": lambda _: 4})
        value = cls()
        f = wrap(tried(int))
        yield lambda: f(ONE, value)
        cls.__trunc__ = lambda _: 9
        yield lambda: f(ONE, value)
        cls.__int__ = lambda _: 11
        yield lambda: f(ONE, value)

    both_runs(plan, refuses=True)
