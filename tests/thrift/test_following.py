"""What is worked out of values that other guards fix is not worked out at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from places import Counting
from thrift_values import SOUND, THRIFT
from torch._dynamo.eval_frame import _debug_get_cache_entry_list

import vartrack

pytestmark = pytest.mark.usefixtures("fresh")

ONE = torch.ones(2)


class Holder:
    """An object that holds a table and the keys that it is asked for."""

    def __init__(self) -> None:
        self.table: Any = {"a": 1, "b": 2}
        self.key: Any = "a"
        self.other: Any = "b"


def key_is_fixed(x: torch.Tensor, held: Any) -> Any:
    found = x + 1 if held.key in held.table else x - 1
    return getattr(found, {"a": "sin", "b": "cos"}.get(held.key, "tan"))()


def key_of_a_number(x: torch.Tensor, held: Any) -> Any:
    found = x + 1 if held.key in held.table else x - 1
    return torch.stack([found] * held.key) if held.key is not None else found


def length_is_fixed(x: torch.Tensor, held: Any) -> Any:
    if -len(held.table) <= -2:
        x = x + 1
    for key, value in held.table.items():
        x = x * value + len(key)
    return x


def both_are_fixed(x: torch.Tensor, held: Any) -> Any:
    if held.key == held.other:
        x = x + 1
    for name in (held.key, held.other):
        x = getattr(x, {"a": "sin", "b": "cos"}.get(name, "tan"))()
    return x


def zero_is_fixed(x: torch.Tensor, held: Any) -> Any:
    sign = str(held.key * held.other)
    return torch.full((2,), held.key) + x / held.other, sign


def key_beside_constants(x: torch.Tensor, held: Any) -> Any:
    made = {"a": x + 1, "b": x + 2, held.key: x + 3}
    return made["a"], len(made)


def keys_beside_constants(x: torch.Tensor, held: Any) -> Any:
    made = {"a": x + 1, held.key: x + 2, held.other: x + 3}
    return made, len(made)


def number_beside_constants(x: torch.Tensor, held: Any) -> Any:
    made = {1: x + 1, 2: x + 2, held.key: x + 3}
    return made[1], len(made), [type(key) for key in made]


class Case(NamedTuple):
    """A program, what it is called with first, and what changes then.

    Attributes:
        is_fixed: whether the program depends on the values themselves, the first time.
    """

    program: Callable[[torch.Tensor, Any], Any]
    first: dict[str, Any]
    changes: list[dict[str, Any]]
    is_fixed: bool = True


CASES = {
    "key": Case(
        key_is_fixed,
        {"key": "a"},
        [{"key": "b"}, {"table": {"b": 2}}, {"key": "c"}, {"table": {"c": 1}}, {"key": "a"}],
    ),
    "key that is missing": Case(
        key_is_fixed,
        {"key": "c"},
        [{"table": {"c": 1}}, {"table": {}}, {"key": "a"}],
        is_fixed=False,
    ),
    "key of a number": Case(
        key_of_a_number,
        {"key": 2, "table": {2: "two"}},
        [{"table": {1: "one"}}, {"key": 1}, {"key": True}, {"table": {}}],
    ),
    "length": Case(
        length_is_fixed,
        {},
        [{"table": {"a": 1}}, {"table": {"a": 1, "b": 2, "c": 3}}, {"table": {}}],
    ),
    "both": Case(both_are_fixed, {}, [{"key": "b"}, {"other": "a"}, {"key": "a"}, {"other": "c"}]),
    "key beside constants": Case(
        key_beside_constants, {"key": "a"}, [{"key": "b"}, {"key": "c"}, {"key": "a"}]
    ),
    "keys beside constants": Case(
        keys_beside_constants,
        {"key": "a", "other": "c"},
        [{"other": "a"}, {"key": "c"}, {"other": "c"}, {"key": "a"}, {"other": "d"}],
        is_fixed=False,
    ),
    "number beside constants": Case(
        number_beside_constants,
        {"key": 1},
        [{"key": True}, {"key": 2}, {"key": 1.0}, {"key": 3}, {"key": "a"}],
    ),
}


def _call(run: Any, case: Case) -> list[Any]:
    held = Holder()
    vars(held).update(case.first)
    found = [repr(run(ONE, held))]
    for change in case.changes:
        vars(held).update(change)
        found.append(repr(run(ONE, held)))
    return found


class Inside(torch.nn.Module):
    """A module that holds the object, which torch may pass by where the module did not change."""

    def __init__(self, program: Callable[[torch.Tensor, Any], Any]) -> None:
        super().__init__()
        self.program, self.held = program, Holder()

    def forward(self, x: torch.Tensor) -> Any:
        return self.program(x, self.held)


@pytest.mark.parametrize("recursive", [False, True], ids=["flat", "recursive"])
@pytest.mark.parametrize("name", CASES)
def test_all_guards_are_run_at_the_third_call(name: str, recursive: bool) -> None:
    case = CASES[name]
    for change in case.changes:
        torch._dynamo.reset()
        module = Inside(case.program)
        vars(module.held).update(case.first)
        with (
            vartrack.use(THRIFT),
            torch._dynamo.config.patch(use_recursive_dict_tags_for_guards=recursive),
        ):
            run = torch.compile(module, backend="eager")
            assert repr(run(ONE)) == repr(run(ONE)) == repr(module(ONE))
            vars(module.held).update(change)
            assert repr(run(ONE)) == repr(module(ONE))


@pytest.mark.parametrize("registry", [THRIFT, SOUND], ids=["thrift", "sound and thrift"])
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_pythons(name: str, registry: vartrack.Registry) -> None:
    case = CASES[name]
    with vartrack.use(registry):
        found = _call(torch.compile(case.program, backend="eager", fullgraph=True), case)
    assert found == _call(case.program, case)


@pytest.mark.parametrize("name", CASES)
def test_no_more_graphs_than_torch(name: str) -> None:
    case, counts = CASES[name], []
    for registry in (None, THRIFT):
        torch._dynamo.reset()
        backend = Counting()
        with vartrack.use(registry):
            _call(torch.compile(case.program, backend=backend), case)
        counts.append(backend.graphs)
    assert counts[1] <= counts[0]


def test_zeros_are_told_apart() -> None:
    """A guard on 0.0 holds for -0.0, so what is made of it is worked out all the same."""
    case = Case(zero_is_fixed, {"key": 0.0, "other": 2.0}, [{"key": -0.0}, {"other": -2.0}])
    with vartrack.use(THRIFT):
        found = _call(torch.compile(case.program, backend="eager"), case)
    assert found == _call(case.program, case)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.is_fixed])
def test_nothing_of_pythons_runs(name: str) -> None:
    """The guards reach all of these values in C++, as they do on torch alone."""
    case = CASES[name]
    held = Holder()
    vars(held).update(case.first)
    with vartrack.use(THRIFT):
        torch.compile(case.program, backend="eager")(ONE, held)
    (entry,) = _debug_get_cache_entry_list(case.program.__code__)
    assert "PythonLambdaGuardAccessor" not in str(entry.guard_manager)
