"""What lies, changes while it is looked at, or changes where nobody looks: right, or refused."""

from __future__ import annotations

import collections
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from facts import Plan, Plans, both_runs, outcomes
from torch import nn
from torch._dynamo.exc import InternalTorchDynamoError, Unsupported

import vartrack

ONE = torch.ones(2)
PLANS = Plans()
plan = PLANS.add


@plan
def metaclass_that_lies_about_attributes(wrap):
    class Liar(type):
        lies = 2

        def __getattribute__(cls, name):
            if name == "number":
                return type(cls).lies
            return super().__getattribute__(name)

    class Thing(metaclass=Liar):
        number = 5

    f = wrap(lambda x: x * Thing.number)
    yield lambda: f(ONE)
    Liar.lies = 7
    yield lambda: f(ONE)
    Thing.number = 9
    yield lambda: f(ONE)


@plan
def metaclass_that_lies_about_its_names(wrap):
    class Liar(type):
        told = ["one"]

        def __dir__(cls):
            return cls.told

    class Thing(metaclass=Liar):
        pass

    f = wrap(lambda x: x * len(dir(Thing)))
    yield lambda: f(ONE)
    Liar.told = ["one", "two"]
    yield lambda: f(ONE)


@plan
def metaclass_that_lies_about_instances(wrap):
    class Liar(type):
        says = True

        def __instancecheck__(cls, other):
            return cls.says

    class Thing(metaclass=Liar):
        pass

    f = wrap(lambda x, o: x * 2 if isinstance(o, Thing) else x)
    yield lambda: f(ONE, 1)
    Liar.says = False
    yield lambda: f(ONE, 1)


@plan
def metaclass_that_lies_about_its_mro(wrap):
    class Liar(type):
        def mro(cls):
            return [cls, Other, object] if cls.__dict__.get("lies") else super().mro()

    class Other:
        def act(self, x):
            return x * 9

    class Thing(metaclass=Liar):
        def act(self, x):
            return x * 2

    class Derived(Thing):
        pass

    derived = Derived()
    f = wrap(lambda x: derived.act(x))
    yield lambda: f(ONE)
    Derived.lies = True
    Derived.__bases__ = (Thing,)  # has the order made anew
    yield lambda: f(ONE)


@plan
def dict_with_an_order_of_its_own(wrap):
    class Backwards(dict):
        def __iter__(self):
            return reversed(list(super().__iter__()))

        def keys(self):
            return list(self)

    f = wrap(lambda x, d: x * [*d][0] + len(d.keys()))
    yield lambda: f(ONE, Backwards({1: 0, 2: 0}))
    yield lambda: f(ONE, Backwards({2: 0, 1: 0}))
    Backwards.__iter__ = dict.__iter__
    yield lambda: f(ONE, Backwards({2: 0, 1: 0}))


@plan
def ordered_dict_with_an_order_of_its_own(wrap):
    class Sorted(collections.OrderedDict):
        def __iter__(self):
            return iter(sorted(super().__iter__()))

    f = wrap(lambda x, d: x * next(iter(d)))
    yield lambda: f(ONE, Sorted([(2, 0), (3, 0)]))
    yield lambda: f(ONE, Sorted([(5, 0), (3, 0)]))


@plan
def module_that_adds_a_hook_while_it_is_called(wrap):
    class Adding(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Identity()

        def forward(self, x):
            if not self.inner._forward_hooks:
                self.inner.register_forward_hook(lambda module, args, out: out + 100)
            return self.inner(x * 2)

    module = Adding()
    f = wrap(lambda x: module(x))
    yield lambda: f(ONE)
    yield lambda: f(ONE)
    module.inner._forward_hooks.clear()
    yield lambda: f(ONE)


@plan
def hook_that_removes_itself(wrap):
    module = nn.Sequential(nn.Identity())
    handles = []

    def hook(module, args, out):
        while handles:
            handles.pop().remove()
        return out + 100

    handles.append(module[0].register_forward_hook(hook))
    f = wrap(lambda x: module(x) * 2)
    yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def function_that_changes_its_own_class(wrap):
    class Thing:
        number = 2

    thing = Thing()

    def step(x):
        Thing.number = Thing.number + 1
        return x * thing.number

    f = wrap(step)
    yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def text_that_changes_what_it_tells(wrap):
    class Telling:
        def __init__(self):
            self.told = 0

        def __repr__(self):
            self.told += 1
            return "x" * self.told

    telling = Telling()
    f = wrap(lambda x: x * len(repr(telling)))
    yield lambda: f(ONE)
    yield lambda: f(ONE)


@plan
def equality_that_changes_what_it_compares(wrap):
    class Odd:
        def __init__(self):
            self.asked = 0

        def __eq__(self, other):
            self.asked += 1
            return self.asked % 2 == 0

        __hash__ = object.__hash__

    odd = Odd()
    f = wrap(lambda x: x * 2 if odd == 1 else x)
    yield lambda: f(ONE)
    yield lambda: f(ONE)
    yield lambda: f(ONE)


@pytest.mark.parametrize("name", PLANS)
def test_it_is_right_or_refused(name: str) -> None:
    torch_alone_crashes = False
    try:
        outcomes(PLANS[name], None, fullgraph=False)
    except InternalTorchDynamoError:
        torch_alone_crashes = True
    try:
        both_runs(PLANS[name], refuses=True)
    except InternalTorchDynamoError:
        assert torch_alone_crashes, "an error of ours"


# facts that change while they are looked at


class Thing:
    def act(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def ninefold(self: Any, x: torch.Tensor) -> torch.Tensor:
    return x * 9


@pytest.fixture
def compile_with() -> Iterator[Callable[[Callable[[], None]], Any]]:
    """Compiles a call of ``Thing().act``, and has something happen while that compiles."""
    own = Thing.act
    torch._dynamo.reset()

    def make(happens: Callable[[], None]) -> Any:
        def backend(graph: Any, inputs: Any) -> Any:
            happens()
            return graph.forward

        thing = Thing()
        return torch.compile(lambda x: thing.act(x), backend=backend, fullgraph=True)

    with vartrack.use(vartrack.sound):
        yield make
    Thing.act = own  # type: ignore[method-assign]


def replace() -> None:
    Thing.act = ninefold  # type: ignore[method-assign]


def test_a_fact_that_changes_while_compiling(compile_with: Any) -> None:
    """The call that compiles began before; the next one must be right."""
    compiled = compile_with(replace)
    try:
        compiled(ONE)
    except (Unsupported, AssertionError):
        pass  # refused, as a guard did not hold when it was made
    for _ in range(2):
        assert torch.equal(compiled(ONE), ONE * 9)


def test_a_fact_that_another_thread_changes_while_compiling(compile_with: Any) -> None:
    def from_elsewhere() -> None:
        thread = threading.Thread(target=replace)
        thread.start()
        thread.join()

    compiled = compile_with(from_elsewhere)
    try:
        compiled(ONE)
    except (Unsupported, AssertionError):
        pass
    assert torch.equal(compiled(ONE), ONE * 9)


def test_a_hook_that_is_added_while_compiling() -> None:
    """The call that compiles began before; the next one must be right."""
    module = torch.nn.ReLU()

    def backend(graph: Any, inputs: Any) -> Any:
        if not module._forward_hooks:
            module.register_forward_hook(lambda module, args, output: output * 9)
        return graph.forward

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(lambda x: module(x) + 1, backend=backend, fullgraph=True)
        compiled(ONE)
        for _ in range(2):
            assert torch.equal(compiled(ONE), module(ONE) + 1)


def test_facts_that_another_thread_changes_between_calls(compile_with: Any) -> None:
    """Each answer is that of before or of after, and once the thread is done that of after."""
    compiled = compile_with(lambda: None)
    answers = [compiled(ONE)]
    thread = threading.Thread(target=replace)
    thread.start()
    while thread.is_alive():
        answers.append(compiled(ONE))
    thread.join()
    assert all(torch.equal(answer, ONE * 2) or torch.equal(answer, ONE * 9) for answer in answers)
    assert torch.equal(compiled(ONE), ONE * 9)


def test_a_fact_that_changes_inside_a_guard() -> None:
    """A check that itself replaces a method: the fact is looked at again at the next call."""

    class Meddling(type):
        def __instancecheck__(cls, other: Any) -> bool:
            if armed:
                Kind.act = ninefold
            return True

    class Asked(metaclass=Meddling):
        pass

    kind: Any = type("Kind", (), {"act": lambda self, x: x * 2})
    Kind = kind
    armed: list[int] = []
    thing = Kind()

    def program(x: torch.Tensor, other: Any) -> torch.Tensor:
        return thing.act(x) if isinstance(other, Asked) else x

    torch._dynamo.reset()
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(program, backend="eager")
        assert torch.equal(compiled(ONE, 1), ONE * 2)
        armed.append(1)
        compiled(ONE, 1)
        assert torch.equal(compiled(ONE, 1), program(ONE, 1))
        assert torch.equal(program(ONE, 1), ONE * 9)


def test_an_audit_of_what_changes_while_compiling_says_so(compile_with: Any) -> None:
    compiled = compile_with(replace)
    with vartrack.audit() as report, vartrack.use(vartrack.stock):
        compiled(ONE)
        compiled(ONE)
    assert {change.kind for change in report.stale} >= {"classes"}


def test_globals_without_builtins_end_nothing_but_the_graph() -> None:
    """torch alone dies of such a function, which is compiled by itself after the break."""
    names: dict[str, Any] = {"factor": 3}
    bare: Any = types.FunctionType((lambda x: x * factor).__code__, names)  # type: ignore[name-defined]  # noqa: F821
    with vartrack.use(vartrack.sound):
        compiled = torch.compile(lambda x: bare(x) + 1, backend="eager")
        assert torch.equal(compiled(ONE), ONE * 4)
        names["factor"] = 9
        assert torch.equal(compiled(ONE), ONE * 10)
