"""What a user says about sizes: marks, and lists in the config."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from dynamic_programs import (
    MARKS,
    ON_215,
    checks,
    double,
    hold,
    inputs,
    insists_on_four,
    listed,
    marked_twice,
    marks,
    rows,
    times,
)
from policy_state import there_are
from torch._dynamo import config
from torch._dynamo.decorators import (
    mark_dynamic,
    mark_static,
    mark_unbacked,
    maybe_mark_dynamic,
)

from vartrack.compat import behaviour

# marks


@pytest.mark.parametrize("dynamic", [None, False])
def test_mark_dynamic(dynamic: bool | None) -> None:
    """A marked dimension is a symbol from the first compile on."""
    found = hold(double, *times(marks(mark_dynamic, 0), 4, 5, 6, 7, 8), dynamic=dynamic)
    assert inputs(found) == [["a", "[a, 3]"]]


BOUNDS = [{"min": 3, "max": 20}, *([{"min": 3}, {"max": 20}] if ON_215 else [])]


@pytest.mark.parametrize("bounds", BOUNDS, ids=["both", "min", "max"][: len(BOUNDS)])
def test_mark_dynamic_with_bounds(bounds: dict[str, int]) -> None:
    """Declared bounds are guards of the compile."""
    found = hold(double, *times(marks(mark_dynamic, 0, **bounds), 4, 5, 6, 7, 8))
    assert inputs(found) == [["a", "[a, 3]"]]
    assert str(next(iter(bounds.values()))) in checks(found)


def test_mark_dynamic_on_several_dimensions() -> None:
    hold(double, *times(marks(mark_dynamic, [0, 1]), 4, 5, 6, 7, 8))


@pytest.mark.parametrize("strict", [False, True])
def test_mark_unbacked(strict: bool) -> None:
    """An unbacked size has no value while tracing; with ``strict`` it may not get one."""
    found = hold(lambda x: x * 2 + 1, *times(marks(mark_unbacked, 0, strict=strict), 4, 5, 6, 1))
    assert inputs(found)[0][-1] == ("[a, 3]" if strict else "[u0, 3]")


def test_mark_unbacked_with_a_shared_size() -> None:
    """Dimensions of one ``shape_id`` share a symbol, bounds are checked at run time."""

    def call(n: int) -> Any:
        x, y = rows(n), rows(n, 4)
        for tensor in (x, y):
            mark_unbacked(tensor, 0, shape_id="batch", min=2, max=100)
        return x, y

    found = hold(lambda x, y: (x * 2, y + 1), *times(call, 4, 5, 6, 7, 8))
    assert [text for text in inputs(found)[0] if "3" in text or "4" in text] == [
        "[u0, 3]",
        "[u0, 4]",
    ] or len(inputs(found)) == 1


def test_mark_unbacked_with_a_hint() -> None:
    """A hint for later stages changes nothing that is seen here."""
    hold(lambda x: x * 2, *times(marks(mark_unbacked, 0, hint_override=16), 4, 5, 6, 7, 8))


def test_mark_unbacked_and_a_branch_on_the_size() -> None:
    """What depends on an unbacked size cannot be traced, on either side."""

    def program(x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.size(0) > 5 else x * 2

    hold(program, *times(marks(mark_unbacked, 0), 4, 8))


@pytest.mark.parametrize("dynamic", [None, True])
def test_mark_static(dynamic: bool | None) -> None:
    """A dimension marked static is a number, also where all others are symbols."""
    found = hold(double, *times(marks(mark_static, 0), 4, 5, 6, 7, 8), dynamic=dynamic)
    assert [graph[-1][:2] for graph in inputs(found)] == ["[4", "[5", "[6", "[7", "[8"]


def test_mark_static_inside_the_program() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        mark_static(x, 0)
        return x * 2

    hold(program, *times(rows, 4, 5, 6, 7, 8), dynamic=True)


def test_maybe_mark_dynamic() -> None:
    """A weak mark makes a symbol, and gives way without an error where the program insists."""
    weak = marks(maybe_mark_dynamic, 0)
    assert inputs(hold(double, *times(weak, 4, 5, 6, 7, 8))) == [["a", "[a, 3]"]]

    def insists(x: torch.Tensor) -> torch.Tensor:
        return x + torch.ones(x.size(0), 1) if x.size(0) == 4 else x

    hold(insists, *times(weak, 4, 5, 4))


@pytest.mark.skipif(not ON_215, reason="from torch 2.15 on a weak mark can have bounds")
def test_maybe_mark_dynamic_with_bounds() -> None:
    """The bounds of a weak mark narrow the symbol, and nothing is raised beyond them."""
    found = hold(double, *times(marks(maybe_mark_dynamic, 0, min=3, max=20), 4, 5, 6, 7, 8))
    assert "20" in checks(found)


def test_a_size_that_another_graph_found_dynamic() -> None:
    """A graph break hands a dynamic size to the rest of the program as a weak mark."""

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        torch._dynamo.graph_break()
        return y + y.size(0)

    hold(program, *times(rows, 4, 5, 6, 7, 8))
    hold(program, *times(marks(mark_dynamic, 0), 4, 5, 6, 7, 8))


@pytest.mark.parametrize(("first", "second"), itertools.permutations(MARKS, 2))
def test_two_marks_on_one_dimension(first: str, second: str) -> None:
    """Marks that contradict each other are settled the same way, whatever comes first."""
    hold(lambda x: x * 2, *times(marked_twice(MARKS[first], MARKS[second]), 4, 5, 6, 7, 8))


def test_ignoring_marks() -> None:
    """With ``allow_ignore_mark_dynamic`` a mark is not enforced."""

    def insists(x: torch.Tensor) -> torch.Tensor:
        return x + torch.ones(4, 3)

    with config.patch(allow_ignore_mark_dynamic=True):
        hold(insists, *times(marks(mark_dynamic, 0), 4, 4))


def test_marks_with_specialisations() -> None:
    """``specialize_on`` reaches the context of the input."""
    special = marks(mark_dynamic, 0, specialize_on=[lambda n: n == 8])
    hold(double, *times(special, 4, 8, 6))


def test_a_mark_that_comes_later() -> None:
    """The marks on a tensor are guarded, so a tensor with others compiles anew."""
    plain, dynamic = rows, marks(mark_dynamic, 0)
    hold(double, lambda: plain(4), lambda: dynamic(4), lambda: plain(5), lambda: dynamic(6))


# requests that cannot be met


@pytest.mark.parametrize(
    "mark",
    [MARKS["dynamic"], MARKS["bounded"], MARKS["strict"]],
    ids=["dynamic", "bounded", "strict"],
)
def test_a_mark_that_the_program_contradicts(mark: Callable[[torch.Tensor], None]) -> None:
    """The error is the same, and names the source and the dimension."""
    found = hold(insists_on_four, *times(marked_twice(mark), 4), raises="ConstraintViolationError")
    text = str(found.vartrack.outcomes[0].error)
    assert "L['x'].size()[0]" in text


def test_a_range_that_the_value_lies_outside_of() -> None:
    """A size outside the declared range is an error at once, with both and the source."""
    outside = marks(mark_dynamic, 0, min=10, max=20)
    error = "ConstraintViolationError"
    found = hold(double, *times(outside, 4), raises=error)
    text = str(found.vartrack.outcomes[0].error)
    assert "4 not in range [10, 20]" in text


def test_ranges_that_the_program_contradicts() -> None:
    """Two inputs whose ranges differ, of which the program demands the same size."""

    def call(n: int) -> Any:
        x, y = rows(n), rows(n)
        mark_dynamic(x, 0, min=2, max=10)
        mark_dynamic(y, 0, min=5, max=100)
        return x, y

    found = hold(lambda x, y: x + y, *times(call, 6), raises="ConstraintViolationError")
    assert "L['x'].size()[0] <= 10" in str(found.vartrack.outcomes[0].error)


# lists in the config


def scaled_by(x: torch.Tensor, n: int) -> torch.Tensor:
    return x * n


LISTS = {
    "dynamic": {"dynamic_sources": "L['x']"},
    "one dimension": {"dynamic_sources": "L['x']:0"},
    "another dimension": {"dynamic_sources": "L['x']:1"},
    "a pattern": {"dynamic_sources": "L\\['.*'\\]"},
    "several": {"dynamic_sources": "L['y'],L['x']:0, L['n']"},
    "a number": {"dynamic_sources": "L['n']"},
    "unbacked": {"unbacked_sources": "L['x']"},
    "unbacked dimension": {"unbacked_sources": "L['x']:0"},
    "unbacked number": {"unbacked_sources": "L['n']"},
    "values": {"dynamic_values": "4,5"},
    "a value that never comes up": {"dynamic_values": "99"},
    "both": {"dynamic_sources": "L['x']:0", "unbacked_sources": "L['x']"},
    "both, other dimensions": {"dynamic_sources": "L['x']:1", "unbacked_sources": "L['x']:0"},
    "unbacked and values": {"unbacked_sources": "L['n'],L['x']:0", "dynamic_values": "4,3"},
}
STATIC_LISTS = {
    "static": {"static_sources": "L['x']"},
    "static dimension": {"static_sources": "L['x']:0"},
    "static number": {"static_sources": "L['n']"},
    "static and dynamic": {"static_sources": "L['x']:0", "dynamic_sources": "L['x']"},
    "static and unbacked": {"static_sources": "L['x']", "unbacked_sources": "L['x']:0"},
    "static and values": {"static_sources": "L['n']", "dynamic_values": "4,5"},
}


def _those_there_are(lists: dict[str, str]) -> dict[str, str]:
    if not there_are(lists):
        pytest.skip("there is no such list")
    return lists


@pytest.mark.parametrize("name", [*LISTS, *(STATIC_LISTS if ON_215 else ())])
def test_listed_sources(name: str) -> None:
    """What the lists say of an input and of a number."""
    with listed(**_those_there_are((LISTS | STATIC_LISTS)[name])):
        found = hold(scaled_by, *times(lambda n: (rows(n, 4), n), 4, 5, 6, 7, 8))
    first = inputs(found)[0]
    expected = {
        "dynamic": "[a, b]",
        "one dimension": "[a, 4]",
        "another dimension": "[4, a]",
        "a number": "[4, 4]",
        "unbacked number": "[4, 4]",
        "unbacked dimension": "[u0, 4]",
        "a value that never comes up": "[4, 4]",
        "static": "[4, 4]",
        "static dimension": "[4, 4]",
        "static and dynamic": "[4, a]",
    }
    tensors = [text for text in first if text.startswith("[")]
    named = behaviour.LISTS_NAME_DIMENSIONS or not name.endswith("dimension")
    assert (expected.get(name, tensors[0]) if named else "[4, 4]") == tensors[0], first


@pytest.mark.skipif(not ON_215, reason="there is such a list from torch 2.15 on")
@pytest.mark.parametrize("mark", MARKS)
def test_a_static_list_against_a_mark(mark: str) -> None:
    """A hard mark beats the list of static sources, a weak one does not."""
    with listed(static_sources="L['x']"):
        found = hold(lambda x: x * 2, *times(marked_twice(MARKS[mark]), 4, 5, 6, 7, 8))
    text = inputs(found)[0][-1]
    static = mark in ("weak", "static")
    assert text == "[4, 3]" if static else "4" not in text


@pytest.mark.parametrize("mark", ["static", "weak", "dynamic"])
@pytest.mark.parametrize("name", ["dynamic", "unbacked", "values"])
def test_a_list_against_a_mark(name: str, mark: str) -> None:
    """The lists and the marks, where both say something."""
    with listed(**_those_there_are(LISTS[name])):
        hold(lambda x: x * 2, *times(marked_twice(MARKS[mark]), 4, 5, 6, 7, 8))


def test_listed_attributes_of_a_module() -> None:
    """A source list can name a parameter, which is static otherwise."""

    def make() -> Callable[..., Any]:
        return torch.nn.Linear(3, 4)

    with listed(dynamic_sources="L\\['self'\\].*"):
        hold(double, *times(rows, 4, 5, 6, 7, 8), make=make)
