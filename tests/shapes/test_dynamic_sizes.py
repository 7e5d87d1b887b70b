"""Sizes that change from call to call, of tensors that are views, alias or are met twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from dynamic_programs import both, checks, double, hold, inputs, rows, times
from torch._dynamo import config
from torch._dynamo.decorators import (
    mark_dynamic,
)

# sizes that change


def test_a_second_size_makes_a_dimension_dynamic() -> None:
    """Five sizes take two compiles: the first is static, the second has a symbol."""
    found = hold(double, *times(rows, 4, 5, 6, 7, 8))
    assert inputs(found) == [["[4, 3]"], ["a", "[a, 3]"]]
    assert found.vartrack.compiles() == 2


def test_each_dimension_changes_on_its_own() -> None:
    """A dimension stays static until it is that dimension which changes."""
    shapes = [(4, 3), (5, 3), (5, 6), (7, 8), (9, 2)]
    found = hold(double, *[lambda s=s: rows(*s) for s in shapes])
    assert inputs(found) == [["[4, 3]"], ["a", "[a, 3]"], ["a", "b", "[a, b]"]]


def test_two_inputs_of_one_size_share_a_symbol() -> None:
    """Sizes that are equal when they are first seen to change are one symbol."""
    found = hold(both, *times(lambda n: (rows(n), rows(n, 4)), 4, 5, 6, 7, 8))
    assert inputs(found)[-1] == ["a", "[a, 3]", "[a, 4]"]
    assert found.vartrack.compiles() == 2


def test_sizes_that_part_again() -> None:
    """Two sizes that were equal by chance take one more compile once they are not."""
    sizes = [(4, 4), (5, 5), (6, 6), (1, 7), (8, 1)]
    found = hold(both, *[lambda s=s: (rows(s[0]), rows(s[1], 4)) for s in sizes])
    assert found.vartrack.compiles() > 2


@pytest.mark.parametrize("small", [0, 1])
def test_sizes_0_and_1_are_compiled_on_their_own(small: int) -> None:
    """A symbol is at least 2, so 0 and 1 stay numbers."""
    found = hold(double, *times(rows, 4, 5, small, 6, small))
    assert inputs(found) == [["[4, 3]"], ["a", "[a, 3]"], [f"[{small}, 3]"]]


@pytest.mark.parametrize("small", [0, 1])
@pytest.mark.parametrize("dynamic", [None, True, False])
def test_sizes_that_begin_small(small: int, dynamic: bool | None) -> None:
    """A dimension that was 0 or 1 first is dynamic from the first other size on."""
    hold(double, *times(rows, small, 4, 5, 1 - small, 6), dynamic=dynamic)


def test_another_rank_is_another_compile() -> None:
    """The number of dimensions is never dynamic; what was learnt of one rank is dropped."""
    shapes = [(4, 3), (4, 3, 2), (5, 3), (6, 3, 2), (7, 3)]
    hold(double, *[lambda s=s: rows(*s) for s in shapes])


def test_a_program_that_looks_at_the_size() -> None:
    """A branch on a symbolic size is a guard on it."""

    def program(x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.size(0) > 5 else x * x.size(0)

    found = hold(program, *times(rows, 4, 5, 6, 7, 3))
    assert "<= 5" in checks(found) and "6 <= " in checks(found)


@pytest.mark.parametrize("dynamic", [None, True, False])
def test_the_dynamic_option(dynamic: bool | None) -> None:
    """``dynamic=True`` has symbols at once, ``dynamic=False`` never."""
    found = hold(double, *times(rows, 4, 5, 6, 7, 8), dynamic=dynamic)
    compiles = {None: 2, True: 1, False: 5}[dynamic]
    assert found.vartrack.compiles() == compiles
    symbolic = [any("a" in text for text in graph) for graph in inputs(found)]
    assert symbolic == {None: [False, True], True: [True], False: [False] * 5}[dynamic]


def test_sizes_are_not_assumed_static() -> None:
    """With ``assume_static_by_default`` off, every size is a symbol, equal ones the same."""
    with config.patch(assume_static_by_default=False):
        found = hold(both, *times(lambda n: (rows(n, n), rows(n, 4)), 3, 5, 6, 7, 8))
    assert inputs(found)[0] == ["a", "[a, a]", "b", "[a, b]"]


def test_without_automatic_dynamic_shapes() -> None:
    """Every size is a compile of its own; a mark still counts."""

    def marked(n: int) -> torch.Tensor:
        x = rows(n)
        mark_dynamic(x, 0)
        return x

    with config.patch(automatic_dynamic_shapes=False):
        found = hold(double, *times(rows, 4, 5, 6, 7, 8))
        assert found.vartrack.compiles() == 5
        found = hold(double, *times(marked, 4, 5, 6, 7, 8))
    assert inputs(found) == [["a", "[a, 3]"]]


@pytest.mark.parametrize("kind", ["dynamic", "unbacked"])
def test_what_changed_sizes_are_marked_as(kind: str) -> None:
    """``automatic_dynamic_shapes_mark_as`` says which kind of symbol a changed size gets."""
    with config.patch(automatic_dynamic_shapes_mark_as=kind):
        found = hold(lambda x: x * 2, *times(rows, 4, 5, 6, 7, 8))
    assert re.fullmatch(r"\[u\d, 3\]" if kind == "unbacked" else r"\[a, 3\]", inputs(found)[-1][-1])


def test_the_exclusion_guard() -> None:
    """With it on, the first size keeps its own compile although the second would serve."""
    with config.patch(automatic_dynamic_exclusion_guard=True):
        hold(lambda x, n: x * n, *times(lambda n: (rows(n), n), 4, 5, 4, 6, 4))


def test_what_does_not_change_stays_static() -> None:
    """Of several inputs only the one whose size changes gets a symbol."""
    found = hold(lambda x, y: x.sum() + y, *times(lambda n: (rows(n), rows(2)), 4, 5, 6, 7, 8))
    assert inputs(found)[-1] == ["a", "[a, 3]", "[2, 3]"]


# strides, views, aliases


VIEWS: dict[str, Callable[[int], torch.Tensor]] = {
    "transposed": lambda n: rows(n).t(),
    "strided": lambda n: rows(2 * n, 6)[::2, ::3],
    "expanded": lambda n: torch.arange(3.0).expand(n, 3),
    "overlapping": lambda n: torch.arange(float(n + 3)).as_strided((n, 3), (1, 1)),
    "unfolded": lambda n: torch.arange(float(n + 3)).unfold(0, 3, 1),
    "with an offset": lambda n: rows(n + 1)[1:],
    "diagonal": lambda n: rows(n, n).diagonal(),
    "a view of a view": lambda n: rows(n, 4).view(n, 2, 2)[:, 0],
    "channels last": lambda n: rows(n, 3, 4, 4).to(memory_format=torch.channels_last),
    "of no dimension": lambda n: torch.tensor(float(n)),
    "detached": lambda n: rows(n).requires_grad_().detach(),
    "complex": lambda n: rows(n).to(torch.complex64),
    "conjugate": lambda n: rows(n).to(torch.complex64).conj(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_strides_and_views(name: str) -> None:
    """The layout of an input, and the base of a view, over changing sizes."""
    hold(lambda x: x * 2, *times(VIEWS[name], 4, 5, 6, 7, 8))


def test_strides_that_change_alone() -> None:
    """A stride that does not follow from a size gets a symbol of its own."""
    layouts = [(12, 1), (15, 1), (18, 1), (21, 1), (24, 1)]

    def call(stride: tuple[int, int]) -> torch.Tensor:
        return torch.arange(200.0).as_strided((4, 3), stride)

    found = hold(lambda x: x * 2, *[lambda s=s: call(s) for s in layouts])
    assert inputs(found, strides=True)[-1][-1].startswith("[4, 3] strides [a")


def test_marked_views() -> None:
    """A mark on a view, and one on its base."""

    def view(n: int) -> torch.Tensor:
        x = rows(n + 1)[1:]
        mark_dynamic(x, 0)
        return x

    def base(n: int) -> torch.Tensor:
        whole = rows(n + 1)
        mark_dynamic(whole, 0)
        return whole[1:]

    hold(double, *times(view, 4, 5, 6, 7, 8))
    hold(double, *times(base, 4, 5, 6, 7, 8))


def test_the_same_tensor_twice() -> None:
    """Two arguments that are one tensor are one input, guarded to stay one."""

    def same(n: int) -> Any:
        x = rows(n)
        return x, x

    found = hold(both, *times(same, 4, 5, 6, 7, 8))
    assert inputs(found)[0] == ["[4, 3]"]
    other = lambda: (rows(7), rows(7))  # noqa: E731
    hold(both, lambda: same(4), other, lambda: same(5))


def test_the_same_tensor_in_containers() -> None:
    def same(n: int) -> Any:
        x = rows(n)
        return [x, {"k": x}], x

    def program(many: list[Any], x: torch.Tensor) -> torch.Tensor:
        many[0].add_(1)
        return many[1]["k"] * x

    hold(program, *times(same, 4, 5, 6, 7, 8))


def test_tensors_that_share_memory() -> None:
    """Two views of one base, one of which is changed."""

    def aliases(n: int) -> Any:
        base = rows(n + 1)
        return base[1:], base[:-1], base

    def program(x: torch.Tensor, y: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        return y * 2 + base[0]

    hold(program, *times(aliases, 4, 5, 6, 7, 8))


def test_inputs_that_are_changed_in_place() -> None:
    """In-place operations, also on attributes and through views."""

    def program(x: torch.Tensor, many: list[torch.Tensor]) -> torch.Tensor:
        x[0].mul_(2)
        many[0].t().add_(x.size(0))
        many.append(x + 1)
        x.label = "seen"  # type: ignore[attr-defined]
        return x.sum()

    hold(program, *times(lambda n: (rows(n), [rows(3, n)]), 4, 5, 6, 7, 8))


def test_resizing_and_setting_data() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x.data = y
        return x * 2

    hold(program, *times(lambda n: (rows(n), rows(n + 1)), 4, 5, 6, 7, 8))
