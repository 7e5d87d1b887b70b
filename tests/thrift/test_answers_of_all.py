"""What is made of containers from outside is what Python makes, whatever is done with it then."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from beside_torch import plain
from thrift_values import SOUND, THRIFT
from torch import nn

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

LISTS = ([1, 2], [1, 2, 3], [3, 2, 1], [], [5], [1, 1, True, 1.0])
DICTS = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}, {"a": 1}, {"z": 0, "a": 1, "c": 3})
NUMBERS = (0, 1, 2, 5, -1, 3)
PROGRAMS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {}


def _of(values: tuple[Any, ...]) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    def add(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
        PROGRAMS[program.__name__] = program, values
        return program

    return add


@_of(LISTS)
def set_then_append(h: Any) -> Any:
    s = set(h)
    h.append(9)
    return s, h


@_of(LISTS)
def set_then_add(h: Any) -> Any:
    s = set(h)
    s.add(7)
    return s, len(s), 7 in s, 1 in s


@_of(LISTS)
def set_is_one(h: Any) -> Any:
    s = t = set(h)
    t.discard(1)
    return s, s is t, s == t


@_of(LISTS)
def sets_by_operators(h: Any) -> Any:
    return set(h) | {4}, set(h) & {1, 2}, set(h) - {1}, set(h) ^ {1}


@_of(LISTS)
def set_of_appended(h: Any) -> Any:
    h.append(4)
    s = set(h)
    before = s == {1, 2, 4}
    s.add(99)
    return s, 4 in s, before, s == {1, 2, 4, 99}


@_of(LISTS)
def sets_held_against(h: Any) -> Any:
    return set(h) <= {1, 2, 3}, set(h) < {1, 2, 3}, {1} <= set(h), set(h) != {1}


@_of(LISTS)
def first_then_rest(h: Any) -> Any:
    it = iter(h)
    first = next(it, None)
    h.append(77)
    return first, [*it], h


@_of(LISTS)
def next_by_next(h: Any) -> Any:
    it = iter(h)
    return next(it, 0), next(it, 0), next(it, 0), next(it, "end")


@_of(DICTS)
def first_key_then_set(d: Any) -> Any:
    first = next(iter(d), None), next(iter(d.values()), None), next(iter(d.items()), None)
    d["new"] = 1
    return first, list(d)


@_of(DICTS)
def set_then_list(d: Any) -> Any:
    d["new"] = 1
    return list(d), [*d.values()], str(d)


@_of(LISTS)
def lists_held_against(h: Any) -> Any:
    equal = h == [1, 2], h != [1, 2], h == (1, 2), h < [2]
    h.append(2)
    return equal, h == [1, 2, 2], h == list(h)


@_of(DICTS)
def dicts_held_against(d: Any) -> Any:
    return d == {"a": 1, "b": 2}, set(d) == {"a"}, d.keys() <= {"a", "b"}, list(d) == ["a", "b"]


@_of(NUMBERS)
def repeated(n: Any) -> Any:
    made = [0] * n
    made.append(1)
    return made, len(made), made[-1], n * [1], (1, 2) * n, [0] * n == [0, 0]


@_of(NUMBERS)
def repeated_and_read(n: Any) -> Any:
    made, total = [1] * n, 0
    for value in made:
        total += value
    return total, bool(made), made[:1], str(made)


@_of(NUMBERS)
def range_turned(n: Any) -> Any:
    made = list(range(n))
    made.reverse()
    return made, sum(made), made == [1, 0]


@_of(DICTS)
def copy_is_one(d: Any) -> Any:
    one = two = dict(d)
    two["q"] = 1
    return one, one is two, d


@_of(DICTS)
def copy_then_set(d: Any) -> Any:
    d["n"] = 1
    c = dict(d)
    d["m"] = 2
    c["l"] = 3
    return c, d, c == d


@_of(DICTS)
def copy_changed(d: Any) -> Any:
    c = dict(d)
    c.pop("a", None)
    c.update(d)
    e = d.copy()
    e.clear()
    return c, list(c), e, d


@_of(DICTS)
def copy_of_copy(d: Any) -> Any:
    c = dict(d)
    e = dict(c)
    e["r"] = 2
    c.setdefault("a", 9)
    return c, e, c.get("b"), sorted(c), e == d


def _answers(program: Callable[[Any], Any], values: tuple[Any, ...], run: Any) -> list[Any]:
    found = []
    for value in values:
        mine = copy.deepcopy(value)
        try:
            result = plain(run(torch.ones(2), mine)[1])
        except Exception as error:
            result = "raised", type(error)
        found.append((result, plain(mine)))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_answer_is_that_of_python(name: str) -> None:
    """With `sound` always, and with `thrift` alone where it is on torch alone."""
    program, values = PROGRAMS[name]

    def run(x: torch.Tensor, value: Any) -> Any:
        return x + 1, program(value)

    wanted = _answers(program, values, run)
    alone, ours, on_sound = (
        _compiled(program, values, run, registry) for registry in (None, THRIFT, SOUND)
    )
    assert on_sound == wanted
    for want, have, without in zip(wanted, ours, alone, strict=True):
        assert have == want or without != want


def _compiled(program: Any, values: tuple[Any, ...], run: Any, registry: Any) -> list[Any]:
    torch._dynamo.reset()
    with vartrack.use(registry):
        return _answers(program, values, torch.compile(run, backend="eager"))


class Keeping(nn.Module):
    """A module with a buffer that is set under a name."""

    def __init__(self) -> None:
        super().__init__()
        self.first = 1.0
        self.register_buffer("kept", torch.zeros(2))


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound"])
def test_a_buffer_that_is_set_by_name_is_set(registry: Any) -> None:
    def run(x: torch.Tensor, held: Any, name: str) -> Any:
        setattr(held, name, x * 2)
        return x + 1, hasattr(held, name), getattr(held, name)

    def answers(run: Any) -> list[Any]:
        held = Keeping()
        found = [plain(run(torch.ones(2), held, name)) for name in ("one", "two", "kept", "three")]
        return [*found, sorted(vars(held)), plain(held.kept), [*held._buffers]]

    with vartrack.use(registry):
        assert answers(torch.compile(run, backend="eager")) == answers(run)
