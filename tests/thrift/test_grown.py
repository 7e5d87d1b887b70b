"""A list or deque that is only added to needs one graph, whatever is in it; else it is as any."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config
from torch._dynamo.exc import TorchDynamoException

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)
#: What a program is called with, one call after the other.
Calls = Iterator[tuple[Any, ...]]


class Logged(torch.nn.Module):
    """A module that keeps what it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Any] = []
        self.step = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.log.append(self.step)
        self.step += 1
        y = (x * 2).sum()
        self.log.append(y)
        return y


class Held:
    """An object with a list and a text."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.name = "first"


def one_list() -> Calls:
    held: list[Any] = []
    for _ in range(5):
        yield (held,)


def two_lists() -> Calls:
    """Two, then one for both, then two again."""
    some, none, both, again = [1, 2, 3], [], [], [7]
    yield from ((some, none), (some, none), (both, both), (none, some), (again, again))


def one_deque() -> Calls:
    for held in ((deque[Any]()),) * 5:
        yield (held,)


def one_bounded_deque() -> Calls:
    for held in (deque[Any]([1, 2], 3),) * 5:
        yield (held,)


def deques_of_all_bounds() -> Calls:
    for most in (None, 1, 2, 3):
        yield (deque([1, 2], most),)


def deque_without_room() -> Calls:
    for held in (deque[Any]((), 0),) * 3:
        yield (held,)


def returns_it(x: torch.Tensor, log: Any) -> Any:
    log.append(x + 1)
    return log


def several(x: torch.Tensor, log: Any) -> Any:
    log.append(x)
    log.append(x + 1)
    log.extend([1, x * 2])
    log.extend((3,))


def new_objects(x: torch.Tensor, log: Any) -> Any:
    held = Held()
    held.log.append(x + 1)
    log.append(held.log)
    log.append({"a": x * 2, "b": [x]})


def last_before(x: torch.Tensor, log: Any) -> Any:
    last = log[-1] if log else x
    log.append(last + 1)
    return last


def in_a_function_inside(x: torch.Tensor, log: Any) -> Any:
    def inner(value: Any) -> Any:
        log.append(value)
        return value

    return inner(x) + inner(x * 2)


def what_is_raised(x: torch.Tensor, log: Any) -> Any:
    try:
        log.append(x + 1)
        raise ValueError
    except ValueError:
        log.append("raised")


def in_both(x: torch.Tensor, log: Any, other: Any) -> Any:
    log.append(x + 1)
    other.append("other")


def at_both_ends(x: torch.Tensor, log: Any) -> None:
    log.append(x)
    log.appendleft(x + 1)
    log.extendleft([1, 2])
    log.extend((3, x * 2))
    log.appendleft("last")


def newest_first(x: torch.Tensor, log: Any) -> Any:
    log.appendleft(x + 1)
    return log


def in_place(x: torch.Tensor, log: Any) -> Any:
    kept = log
    log += [x, 1]
    log += (x + 1,)
    return log is kept, log


#: Programs that only add, with how many graphs they need.
ADDED: dict[str, tuple[Callable[..., Any], Callable[[], Calls], int]] = {
    "returned": (returns_it, one_list, 1),
    "several": (several, one_list, 1),
    "new objects": (new_objects, one_list, 1),
    "the last before": (last_before, one_list, 2),
    "inside": (in_a_function_inside, one_list, 1),
    "raised": (what_is_raised, one_list, 1),
    "one or two": (in_both, two_lists, 2),
    "several in a deque": (several, one_deque, 1),
    "several in a bounded deque": (several, one_bounded_deque, 1),
    "a deque, returned": (returns_it, one_bounded_deque, 1),
    "a deque without room": (several, deque_without_room, 1),
    "a deque, caught": (what_is_raised, one_bounded_deque, 1),
    "at both ends": (at_both_ends, one_deque, 1),
    "at both ends of a bounded deque": (at_both_ends, one_bounded_deque, 1),
    "at both ends of a deque without room": (at_both_ends, deque_without_room, 1),
    "newest first": (newest_first, one_bounded_deque, 1),
    "the last before in a deque": (last_before, one_deque, 2),
    "in place": (in_place, one_list, 1),
    "in place, in a bounded deque": (in_place, one_bounded_deque, 1),
}


def called(program: Any, calls: Callable[[], Calls], registry: Any) -> tuple[list[Any], int]:
    """What each call gave, and what the arguments were then; how many graphs there were."""
    backend = Counting()
    found = []
    with vartrack.use(registry), config.patch(recompile_limit=20):
        run = torch.compile(program, backend=backend, fullgraph=True) if registry else program
        for given in calls():
            result = run(ONE, *given)
            alone = [result is each for each in given]
            found.append(plain((result, alone, copy.copy(given))))
    return found, backend.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", ADDED)
def test_what_is_only_added_to_takes_one_graph(name: str, registry: vartrack.Registry) -> None:
    program, calls, needed = ADDED[name]
    want, _ = called(program, calls, None)
    assert called(program, calls, registry) == (want, needed)


def then(use: Callable[[Any], Any]) -> Callable[..., Any]:
    def program(x: torch.Tensor, log: Any) -> Any:
        log.append(x + 1)
        return use(log), x * 2

    return program


def added_in_place(log: Any) -> None:
    log += [2]


def with_other(use: Callable[[Any], Any]) -> Callable[..., Any]:
    def program(x: torch.Tensor, log: Any, other: Any) -> Any:
        log.append(x + 1)
        return use(other), x * 2

    return program


#: What depends on what was there before.
USED: dict[str, tuple[Callable[..., Any], Callable[[], Calls]]] = {
    **{
        name: (then(use), one_list)
        for name, use in {
            "length": len,
            "last": lambda log: log[-1],
            "copies": lambda log: ([*log], tuple(log), log[:1], [*log, 1], log * 2),
            "loop": list,
            "pop": lambda log: log.pop(),
            "clear": lambda log: log.clear() or log.append(3),
            "insert": lambda log: log.insert(0, 2),
            "reverse": lambda log: log.reverse(),
            "delete": lambda log: log.__delitem__(0),
            "set": lambda log: log.__setitem__(-1, 4),
            "added in place": added_in_place,
            "extended by others": lambda log: (log.extend(range(2)), log.extend({"a": 1})),
            "truth": lambda log: 1 if log else 2,
        }.items()
    },
    **{
        f"{name} of another": (with_other(use), two_lists)
        for name, use in {
            "length": len,
            "truth": lambda other: 1 if other else 2,
            "first": lambda other: other[0] if other else "none",
            "last": lambda other: other[-1] if other else "none",
            "loop": list,
        }.items()
    },
}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("name", USED)
def test_what_depends_on_the_rest_is_as_in_python(name: str, registry: vartrack.Registry) -> None:
    program, calls = USED[name]
    want, _ = called(program, calls, None)
    alone, most = called(program, calls, vartrack.stock)
    torch._dynamo.reset()
    found, graphs = called(program, calls, registry)
    assert found == want
    assert alone != want or graphs <= most


#: What depends on what was in a deque before: torch alone forgets how much that may be.
USED_OF_DEQUES: dict[str, Callable[[Any], Any]] = {
    "length": len,
    "last": lambda log: log[-1],
    "loop": list,
    "pop": lambda log: log.pop(),
    "first": lambda log: log.popleft(),
    "clear": lambda log: log.clear() or log.append(3),
    "to the left": lambda log: log.appendleft(2),
    "to the left by others": lambda log: log.extendleft(range(2)),
    "turned": lambda log: log.extend(list(log)[::-1]),
    "truth": lambda log: 1 if log else 2,
}


@pytest.mark.parametrize("calls", [one_deque, one_bounded_deque, deques_of_all_bounds])
@pytest.mark.parametrize("name", USED_OF_DEQUES)
def test_what_depends_on_the_rest_of_a_deque(name: str, calls: Callable[[], Calls]) -> None:
    program = then(USED_OF_DEQUES[name])
    want, _ = called(program, calls, None)
    assert called(program, calls, SOUND)[0] == want
    alone, most = outcome_of(program, calls, vartrack.stock)
    found, graphs = outcome_of(program, calls, THRIFT)
    assert found == want if alone == want else found in (alone, want)
    assert alone != want or graphs <= most


def outcome_of(program: Any, calls: Callable[[], Calls], registry: Any) -> tuple[Any, int]:
    """What `called` gives, anew; the type of the error if torch refuses it."""
    torch._dynamo.reset()
    try:
        return called(program, calls, registry)
    except TorchDynamoException as error:
        return type(error), 0


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_a_module_that_keeps_its_losses(registry: vartrack.Registry) -> None:
    ours, theirs = Logged(), Logged()
    backend = Counting()
    with vartrack.use(registry):
        run = torch.compile(ours, backend=backend, fullgraph=True)
        for _ in range(20):
            assert torch.equal(run(ONE), theirs(ONE))
            assert plain(ours.log) == plain(theirs.log)
    assert backend.graphs == 1


def test_what_is_added_is_as_it_was_when_it_was_added() -> None:
    def program(x: torch.Tensor, held: Held) -> Any:
        held.log.append(held.name)
        held.name = "changed"
        held.log.append(held.name)
        return x + 1

    ours, theirs = Held(), Held()
    backend = Counting()
    with vartrack.use(THRIFT):
        run = torch.compile(program, backend=backend, fullgraph=True)
        for name in ("a", "b", "c"):
            for each, function in ((ours, run), (theirs, program)):
                each.name = name
                function(ONE, each)
            assert vars(ours) == vars(theirs)
    assert backend.graphs == 1


def test_gradients_go_through_what_is_kept() -> None:
    def program(x: torch.Tensor, log: Any) -> torch.Tensor:
        y = x * 3
        log.append(y)
        return y.sum()

    backend = Counting()
    log: list[Any] = []
    with vartrack.use(THRIFT):
        run = torch.compile(program, backend=backend, fullgraph=True)
        for _ in range(3):
            x = torch.ones(2, requires_grad=True)
            run(x, log)
            log[-1].sum().backward()
            assert x.grad is not None
            assert torch.equal(x.grad, torch.full((2,), 3.0))
    assert backend.graphs == 1
    assert len(log) == 3
