"""The stdlib set on its own ground: what matches, getters, callers, type forms, buffers and locks
do beyond being told apart."""

from __future__ import annotations

import array
import functools
import operator
import re
import threading
import typing
from typing import Any

import pytest
import torch
import torch._dynamo
from compiling import refusal, run
from places import PLACES, Counting, assert_alike, compare_with_eager, standing
from stdlib_set import Part, stdlib_registry
from torch._dynamo.exc import Unsupported

import vartrack
from vartrack import Registry

pytestmark = pytest.mark.usefixtures("fresh")

X = torch.arange(4.0)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return stdlib_registry()


# matches, getters and callers, type forms


def test_matches_of_any_pattern_object_are_the_same(registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        return x + int(v["n"]) if v else x, v.expand(r"<\g<n>>"), v.re.pattern, v.start("n")

    def match(text: str) -> Any:
        re.purge()
        return re.search(r"(?P<n>\d)", text)

    # asking for the pattern guards the pattern object, so not all of it is asked here
    def without(x: Any, v: Any) -> Any:
        return x + int(v["n"]) if v else x, v.expand(r"<\g<n>>"), v.start("n"), v.regs

    values = [match(text) for text in ("a1", "a2", "a1", "b1", "a2")]
    assert compare_with_eager(registry, without, values) == 2
    torch._dynamo.reset()
    assert compare_with_eager(registry, function, values[:1]) == 1


def test_a_match_that_is_none_is_no_match(registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        return x + int(v.group()) if v is not None else x - 1

    values = [re.match("1", "1"), None, re.match("1", "1"), None]
    assert compare_with_eager(registry, function, values) == 2


def test_patterns_stay_with_torch(registry: Registry) -> None:
    pattern = re.compile(r"\d+")
    assert getattr(registry.resolve(pattern), "name", "") == "RegularExpressions"

    def function(x: Any) -> Any:
        found = pattern.search("a12")
        return x + int(found.group())

    assert torch.equal(run(registry, function, X), X + 12)


def test_getters_and_callers_work_on_what_is_traced(registry: Registry) -> None:
    item, attribute = operator.itemgetter("a", 0), operator.attrgetter("data", "grad.shape")
    call = operator.methodcaller("sort", key=operator.itemgetter(1), reverse=True)

    def function(x: Any) -> Any:
        mapping = {"a": x * 2, 0: [x]}
        pairs = [(x, 1), (x + 1, 3), (x + 2, 2)]
        call(pairs)
        ranked = sorted(pairs, key=operator.itemgetter(1))
        return item(mapping), attribute(Part(x)), pairs, ranked, list(map(item, [mapping]))

    assert_alike(run(registry, function, X), function(X))


def test_getters_raise_what_they_raise_in_eager(registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        caught = []
        for operand in ([], {}, 3):
            try:
                v(operand)
            except (IndexError, KeyError, TypeError) as error:
                caught.append(isinstance(error, LookupError))
        try:
            v()
        except TypeError:
            caught.append("none")
        return x + 1, caught

    value = operator.itemgetter(1)
    assert_alike(run(registry, function, X, value), function(X, value))


def test_a_method_caller_with_a_list_is_refused_by_name(registry: Registry) -> None:
    message = refusal(registry, lambda x, v: v(x), X, operator.methodcaller("view", [2, 2]))
    assert "MethodCallers cannot tell" in message
    assert "not hashable" in message


def test_type_forms_serve_as_they_do_in_eager(registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        checks = isinstance(x, v), isinstance(None, v), issubclass(int, v), issubclass(list, v)
        return x + 1, checks, v | bytes, v == (torch.Tensor | int), typing.get_args(v)[0]

    for union in (int | torch.Tensor, torch.Tensor | int):
        assert_alike(run(registry, function, X, union), function(X, union))


# buffers and locks


@pytest.mark.parametrize("place", PLACES)
def test_a_change_of_a_buffer_between_calls_is_seen(place: str, registry: Registry) -> None:
    numbers, memory_of = array.array("i", [1, 2]), bytearray(b"ab")
    view = memoryview(memory_of)

    def function(x: Any, v: Any) -> Any:
        return x + v[0], v.tolist(), len(v)

    for value, change in ((numbers, numbers), (view, memory_of)):
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(registry):
            compiled = standing(place, function, backend)
            for first in (1, 5, 5, 1, 9):
                change[0] = first
                assert_alike(compiled(X, value), function(X, value))
        assert backend.graphs == 3


@pytest.mark.parametrize(
    "function",
    [
        lambda x, v: v.append(3) or x + len(v),
        lambda x, v: v.__setitem__(0, 3) or x + len(v),
        lambda x, v: v.byteswap() or x + len(v),
        lambda x, v: v.release() or x + 1,
    ],
)
def test_a_change_of_a_buffer_inside_the_graph_is_refused(
    function: Any, registry: Registry
) -> None:
    for value in (array.array("i", [1, 2]), memoryview(bytearray(b"ab"))):
        before = value.tolist()
        with pytest.raises((Unsupported, AttributeError)):
            run(registry, function, X, value)
        assert value.tolist() == before


def test_a_view_made_while_tracing_is_not_returned(registry: Registry) -> None:
    message = refusal(registry, lambda x, v: (x + 1, v[1:]), X, memoryview(bytearray(b"ab")))
    assert "Return its tobytes() or tolist() instead" in message


LOCKS = [
    threading.Lock,
    threading.RLock,
    threading.Condition,
    threading.Semaphore,
    threading.BoundedSemaphore,
    functools.partial(threading.Barrier, 2),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("make", LOCKS)
def test_a_lock_is_carried_through_and_never_taken(
    make: Any, place: str, registry: Registry
) -> None:
    backend = Counting()
    with vartrack.use(registry):
        compiled = standing(place, lambda x, v: (x + 1, [v]), backend)
        for lock in (make(), make()):
            result, held = compiled(X, lock)
            assert torch.equal(result, X + 1)
            assert held[0] is lock
    assert backend.graphs == 1


@pytest.mark.parametrize("make", LOCKS[:4])
def test_the_use_of_a_lock_breaks_the_graph(make: Any, registry: Registry) -> None:
    def function(x: Any, v: Any) -> Any:
        v.acquire()
        try:
            return x + 1
        finally:
            v.release()

    assert "where it protects nothing" in refusal(registry, function, X, make())
    lock = make()
    assert torch.equal(run(registry, function, X, lock, fullgraph=False), X + 1)
    assert lock.acquire(blocking=False)
