"""Histories, windows, queues and caches: what is taken from a container does not read the rest."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo import config

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


class Held(torch.nn.Module):
    """A module with a container, which one program uses."""

    def __init__(self, kept: Any, use: Callable[[Any, torch.Tensor, Any], Any]) -> None:
        super().__init__()
        self.kept = kept
        self.use = use

    def forward(self, x: torch.Tensor, value: Any) -> Any:
        return x * 2, self.use(self, x, value)


def window(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    if len(held.kept) > 3:
        held.kept.pop(0)
    return held.kept[-1]


def deleted(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    if len(held.kept) > 3:
        del held.kept[0]
    return held.kept[-1]


def left(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    if len(held.kept) > 3:
        held.kept.popleft()
    return held.kept[-1], len(held.kept)


def last_few(held: Any, x: torch.Tensor, value: Any) -> None:
    held.kept.append(value)
    held.kept = held.kept[-3:]


def concatenated(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept = (held.kept + type(held.kept)([value]))[-4:]
    return held.kept[-1], len(held.kept)


def turned(held: Any, x: torch.Tensor, value: Any) -> Any:
    copy = held.kept[1:]
    copy.append(value)
    held.kept = [*copy] if value == "never" else copy
    return held.kept[0], held.kept[-1]


def newest_first(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.insert(0, value)
    if len(held.kept) > 3:
        held.kept.pop()
    return held.kept[0]


def read_once_full(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    return x / len(held.kept), held.kept[-1], True if held.kept else None


def mean(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    return x * (sum(held.kept) / len(held.kept)), max(held.kept), min(held.kept[-2:])


def mean_before(held: Any, x: torch.Tensor, value: Any) -> Any:
    y = x * sum(held.kept)
    held.kept.append(value)
    return y


def queue(held: Any, x: torch.Tensor, value: Any) -> Any:
    try:
        return x * held.kept.pop(), len(held.kept)
    except IndexError:
        return x


def both_ends(held: Any, x: torch.Tensor, value: Any) -> Any:
    if len(held.kept) > 1:
        return held.kept.pop(), held.kept.pop(0)
    return held.kept


def started_again(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    if len(held.kept) > 2:
        held.kept.clear()
        held.kept.append(value)
        return held.kept[0], len(held.kept), held.kept.pop(), not held.kept
    return None


def replay(held: Any, x: torch.Tensor, value: Any) -> Any:
    if len(held.kept) < 4:
        held.kept.append(None)
    held.kept[value % 4] = x * value
    return len(held.kept)


def least_recent(held: Any, x: torch.Tensor, value: Any) -> Any:
    if value in held.kept:
        held.kept.remove(value)
    held.kept.append(value)
    return len(held.kept)


def popped(held: Any, x: torch.Tensor, value: Any) -> Any:
    found = held.kept.pop(value, None)
    return found, value in held.kept, len(held.kept)


def popped_by_all(held: Any, x: torch.Tensor, value: Any) -> Any:
    try:
        held.kept["last"] = held.kept.pop(value)
    except KeyError:
        return "missed"
    return held.kept


def moved_last(held: Any, x: torch.Tensor, value: Any) -> None:
    held.kept[value] = held.kept.pop(value, 0)


def put_and_taken(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept[value] = x
    y = held.kept.pop(value)
    held.kept[value] = y + 1
    del held.kept[value]
    return len(held.kept), bool(held.kept)


def forgotten(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.discard(value)
    return len(held.kept), value in held.kept


def removed(held: Any, x: torch.Tensor, value: Any) -> None:
    if value in held.kept:
        held.kept.remove(value)


def by_pair(held: Any, x: torch.Tensor, value: Any) -> Any:
    key = (x.shape[0], value)
    if key not in held.kept:
        held.kept[key] = x * len(held.kept)
    return held.kept[key] + 1


def counted(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.update([value, "all", value])
    return held.kept["all"]


def nested(held: Any, x: torch.Tensor, value: Any) -> None:
    held.kept[f"{value}!"][value] += 1


def added_up(held: Any, x: torch.Tensor, value: Any) -> Any:
    held.kept.append(value)
    return x * sum(held.kept)


#: What is given to the calls.
FLOATS = (0.5, 1.5, 2.5, 0.25, 3.5, 4.5, 1.25, 5.5)
NUMBERS = tuple(range(8))
NAMES = ("a", "b", "c", "a", "d", "b", "e", "a")
TENSORS = tuple(ONE * number for number in range(8))
EQUAL = (1, True, 1.0, 0, False, 2, "1", 1)
MIXED = (1, 2.5, "a", ONE, None, 2, [1], (1, ONE))

#: Programs with what they start with, what the calls are given, and how many graphs they need.
PROGRAMS: dict[str, tuple[Callable[..., Any], Callable[[], Any], tuple[Any, ...], int]] = {
    **{
        f"{use.__name__} of {kind}": (use, start, values, needed)
        for use, start, needed in (
            (window, list, 2),
            (left, deque, 3),
            (last_few, list, 1),
            (concatenated, list, 2),
        )
        for kind, values in {"floats": FLOATS, "names": NAMES, "tensors": TENSORS}.items()
    },
    "a window of anything": (window, list, MIXED, 8),
    "deleted": (deleted, list, NUMBERS, 2),
    "deleted from a deque": (deleted, deque, NUMBERS, 2),
    "concatenated tuples": (concatenated, tuple, NAMES, 3),
    "turned": (turned, lambda: [1, 2, 3], NAMES, 1),
    "newest first": (newest_first, list, NAMES, 2),
    "a limited deque": (read_once_full, lambda: deque(maxlen=3), FLOATS, 2),
    "a deque without room": (read_once_full, lambda: deque(maxlen=1), NAMES, 2),
    "mean": (mean, list, FLOATS, 2),
    "sum of a limited deque": (added_up, lambda: deque([1.5], 3), FLOATS, 2),
    "mean before": (mean_before, lambda: [1.5], FLOATS, 3),
    "sum of anything": (added_up, list, (1, 2.5, True, float("inf"), 3, float("nan"), ONE, 2), 8),
    "queue": (queue, lambda: [4, 5, 6], NUMBERS, 5),
    "both ends": (both_ends, lambda: [*range(9)], NUMBERS, 3),
    "started again": (started_again, list, NUMBERS, 2),
    "replay": (replay, list, NUMBERS, 3),
    "least recent": (least_recent, list, NAMES, 2),
    "popped": (popped, lambda: {"a": 1, "b": 2, "z": 3}, NAMES, 3),
    "popped by equal keys": (popped, lambda: {1: 1, 0: 2, "1": 3}, EQUAL, 8),
    "popped by all": (popped_by_all, lambda: {"a": 1, "b": 2}, NAMES, 8),
    "moved last": (moved_last, lambda: {"a": 1, "b": 2}, NAMES, 3),
    "moved last in order": (moved_last, lambda: OrderedDict(a=1, b=2), NAMES, 3),
    "popped of a default": (popped, lambda: defaultdict(int, a=1, z=2), NAMES, 4),
    "put and taken": (put_and_taken, lambda: {"a": 1, "z": 3}, NAMES, 3),
    "forgotten": (forgotten, lambda: {"a", "b", "z"}, NAMES, 2),
    "forgotten equal ones": (forgotten, lambda: {0, 1, "1"}, EQUAL, 8),
    "removed": (removed, lambda: {"a", "c", "e"}, NAMES, 2),
    "by pair": (by_pair, dict, NAMES, 3),
    "by pair of equal ones": (by_pair, dict, EQUAL, 8),
    "counted": (counted, Counter, NAMES, 4),
    "nested": (nested, lambda: defaultdict(lambda: defaultdict(int)), NAMES, 6),
}


def called(name: str, registry: Any, tags: bool) -> tuple[list[Any], int]:
    """What each call gave and left behind, and how many graphs there were."""
    use, start, values, _ = PROGRAMS[name]
    backend = Counting()
    held: Any = Held(start(), use)
    found = []
    settings = {"recompile_limit": 20, "use_recursive_dict_tags_for_guards": tags}
    with vartrack.use(registry), config.patch(**settings):
        run = torch.compile(held, backend=backend, fullgraph=True)
        for value in values:
            result = (run if registry else held)(ONE, value)
            found.append(plain((result, held.kept)))
    return found, backend.graphs


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
@pytest.mark.parametrize("start", [list, tuple, deque, dict, set])
def test_what_is_taken_away_does_not_read_the_rest(start: type, registry: Any) -> None:
    for name, (_, make, _, needed) in PROGRAMS.items():
        if not isinstance(make(), start):
            continue
        want, _ = called(name, None, False)
        torch._dynamo.reset()
        found, graphs = called(name, registry, registry is SOUND)
        assert (name, found) == (name, want)
        assert (name, graphs) <= (name, needed)


class Two(torch.nn.Module):
    """A module that changes one container and reads another, which may be the same."""

    def __init__(self, kept: Any, other: Any) -> None:
        super().__init__()
        self.kept, self.other = kept, other

    def forward(self, x: torch.Tensor, value: Any) -> Any:
        if type(self.kept) is dict:
            self.kept.pop(value, None)
        elif type(self.kept) is set:
            self.kept.discard(value)
        else:
            self.kept.append(value)
            self.kept.pop() if type(self.kept) is deque else self.kept.pop(0)
        return x * 2, len(self.other)


def change(two: Any, call: int) -> None:
    """What happens to the containers between the calls."""
    kept = two.kept
    if call == 1:
        two.other = kept.copy()
    elif call == 3:
        two.other = kept
    elif call == 4:
        kept.clear()
    elif call == 5:
        two.kept = type(kept)(["new", "a"]) if type(kept) is not dict else {"new": ONE, "b": 1}


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=lambda registry: registry.name)
def test_another_object_alias_or_content_comes(registry: Any) -> None:
    def of(make: Callable[[], Any], compiled: bool) -> list[Any]:
        torch._dynamo.reset()
        kept = make()
        two = Two(kept, kept)
        run: Any = torch.compile(two, backend="eager", fullgraph=True) if compiled else two
        found = []
        for call, value in enumerate(NAMES):
            change(two, call)
            found.append(plain((run(ONE, value), two.kept, two.other, two.kept is two.other)))
        return found

    with vartrack.use(registry), config.patch(recompile_limit=20):
        for make in (lambda: ["a"], lambda: deque("ab"), lambda: {"a": 1}, lambda: {"a"}):
            assert of(make, True) == of(make, False)
