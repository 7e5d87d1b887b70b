"""Programs of kinds that were tried last, each with a change between two calls."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import torch
from facts import Plans, both_runs

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


@dataclasses.dataclass
class Options:
    first: int = 1
    second: int = 2


class Holder:
    held: Any = None


@plan
def field_that_comes_back(wrap):
    options, fields = Options(), Options.__dataclass_fields__
    f = wrap(lambda x: (x + 1, [field.name for field in dataclasses.fields(options)]))
    yield lambda: f(ONE)
    second = fields.pop("second")
    yield lambda: f(ONE)
    fields["second"] = second
    yield lambda: f(ONE)


@plan
def comparing_that_raises(wrap):
    f = wrap(lambda x, number: (x + 1, number == 1))
    yield lambda: f(ONE, Decimal(1))
    yield lambda: f(ONE, Decimal("sNaN"))
    yield lambda: f(ONE, Decimal(2))


@plan
def comparing_that_raises_and_is_caught(wrap):
    def use(x, number):
        try:
            return x + 1, number == 1
        except ArithmeticError as error:
            return x + 2, type(error).__name__

    f = wrap(use)
    yield lambda: f(ONE, Decimal(1))
    yield lambda: f(ONE, Decimal("sNaN"))


@plan
def deque_of_no_items(wrap):
    def use(x, item):
        items = collections.deque([1, 2], maxlen=0)
        items.append(item)
        items.appendleft(4)
        items.extend([item])
        return x + 1, list(items), len(items)

    f = wrap(use)
    yield lambda: f(ONE, "a")
    yield lambda: f(ONE, "b")


@plan
def generator_that_is_kept(wrap):
    def counting():
        number = 0
        while True:
            number += 1
            yield number

    numbers = counting()
    f = wrap(lambda x: x * next(numbers))
    yield lambda: f(ONE)
    next(numbers)
    yield lambda: f(ONE)


@plan
def generator_of_an_attribute(wrap):
    holder = Holder()
    holder.held = (number for number in (1, 2))
    f = wrap(lambda x: (x, list(holder.held)))
    yield lambda: f(ONE)
    holder.held = (number for number in (1, 2))
    yield lambda: f(ONE)


@plan
def methods_of_builtin_objects_compared(wrap):
    one, other, table = [1], [1], {1: 2}
    f = wrap(lambda x, a, b: (x + 1, a.append == b.append, a.append != b.append, a.append == a.pop))
    g = wrap(lambda x, a: (x + 1, a.get == a.get, [].append == [].append))
    for a, b in ((one, other), (one, one), (other, one)):
        yield lambda: (f(ONE, a, b), g(ONE, table))  # noqa: B023


@plan
def methods_of_builtin_objects_shown(wrap):
    f = wrap(lambda x, a: (x + 1, hash(a.pop), repr(a.pop), f"{a.pop!r:>70}", str(a.clear)))
    for held in ([1], [1], {1}, {1: 2}):
        shown = (hash(held.pop), repr(held.pop), f"{held.pop!r:>70}", str(held.clear))
        yield lambda: [a == b for a, b in zip(f(ONE, held)[1:], shown, strict=True)]  # noqa: B023


@plan
def dict_beside_its_object(wrap):
    def writes(x, holder, table):
        holder.number = 5
        return x * table["number"]

    def reads(x, holder, table):
        table["number"] = 5
        return x * holder.number

    f, g = wrap(writes), wrap(reads)
    for beside in (False, True, False):
        for call in (f, g):
            holder = Holder()
            holder.number = 3
            table = vars(holder) if beside else {"number": 3}
            yield lambda: call(ONE, holder, table)  # noqa: B023


@plan
def module_that_comes_to_know_more(wrap):
    module = types.ModuleType("options")
    f = wrap(lambda x: (x * getattr(module, "scale", 2), hasattr(module, "other")))
    yield lambda: f(ONE)
    module.__getattr__ = lambda name: 9
    yield lambda: f(ONE)
    module.__getattr__ = lambda name: 7
    yield lambda: f(ONE)


@plan
def keys_of_a_group(wrap):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1)
    group = optimizer.param_groups[0]
    f = wrap(lambda x: (x + 1, len(optimizer.param_groups[0]), [*optimizer.param_groups[0]]))
    yield lambda: f(ONE)
    group["mine"] = 1
    yield lambda: f(ONE)


@plan
def folded_over_an_iter_of_its_own(wrap):
    cls = type("Own", (list,), {"__iter__": lambda self: iter([10, 20])})
    held, plain = cls([1, 0]), type("Plain", (list,), {})([4, 0])
    f = wrap(lambda x: (x * sum(held), sum(plain), all(held), any(plain), sum(held, 5)))
    yield lambda: f(ONE)
    cls.__iter__ = lambda self: iter([7, 0])
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
def test_each_change_is_noticed(name: str) -> None:
    """What the call gives after the change is what Python gives, or the graph breaks."""
    both_runs(PLANS[name], refuses=True)


def counting_up(to: int):
    yield from range(to)


@contextlib.contextmanager
def held(value: Any):
    yield value


def test_a_generator_that_is_made_here_is_traced() -> None:
    """It is none that is kept, though torch has it from where its function is."""

    def plan(wrap):
        f = wrap(lambda x, to: x * sum(counting_up(to)))
        g = wrap(in_a_block)
        for to in (3, 4, 3):
            yield lambda: (f(ONE, to), g(ONE, to))  # noqa: B023

    both_runs(plan)


def in_a_block(x: torch.Tensor, value: int) -> torch.Tensor:
    with held(value) as inside:
        return x * inside


#: What torch says itself of a tensor, with what stands for it on the class later.
OF_TENSORS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "__len__": (len, lambda tensor: 9),
    "__iter__": (lambda x: len([*x]), lambda tensor: iter([9])),
    "__float__": (lambda x: float(x.sum()), lambda tensor: 9.0),
    "__int__": (lambda x: int(x.sum()), lambda tensor: 9),
    "size": (lambda x: x.size(0), lambda tensor, *_: 9),
    "dim": (lambda x: x.dim(), lambda tensor: 9),
    "numel": (lambda x: x.numel(), lambda tensor: 9),
    "shape": (lambda x: x.shape[0], property(lambda tensor: (9,))),
    "ndim": (lambda x: x.ndim, property(lambda tensor: 9)),
    "is_floating_point": (lambda x: x.is_floating_point(), lambda tensor: False),
    "is_sparse": (lambda x: x.is_sparse, property(lambda tensor: True)),
    "name": (lambda x: x.name is None, property(lambda tensor: 3)),
}


@pytest.mark.parametrize("name", OF_TENSORS)
def test_what_all_tensors_say_of_themselves_is_replaced(name: str) -> None:
    ask, other = OF_TENSORS[name]

    def plan(wrap):
        f = wrap(lambda x: (x + 1, ask(x)))
        yield lambda: f(ONE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.Tensor, name, other)
            yield lambda: f(ONE)
        yield lambda: f(ONE)

    both_runs(plan, refuses=True)
