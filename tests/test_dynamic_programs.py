"""Programs whose sizes and numbers change: vartrack does what torch's own builder does.

Each test runs a program through both, holds everything against each other (graphs, guards,
trackers, compiles, results) and then looks whether the rule that it is about was at work.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import random
import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo import config
from torch._dynamo.decorators import (
    mark_dynamic,
    mark_static,
    mark_static_address,
    mark_unbacked,
    maybe_mark_dynamic,
)
from torch._dynamo.exc import UserError
from torch.testing._internal.two_tensor import TwoTensor

import vartrack
from vartrack import compat
from vartrack.comparing import Comparison, compare_calls
from vartrack.comparing.values import Walk
from vartrack.recording import recording

# torch's test helpers freeze these flags for the whole process when they are imported
torch.backends.__allow_nonbracketed_mutation_flag = True

_SYMBOL = re.compile(r"\b([szu])(f?\d+)\b")
_SIZES = re.compile(r"\[[^\]]*\](?: strides (\[[^\]]*\]))?")
ON_215 = compat.runs_on(">=2.15")


def hold(
    fn: Callable[..., Any],
    *calls: Callable[[], Any],
    make: Callable[[], Callable[..., Any]] | None = None,
    raises: str | None = "",
    steady: bool = True,
    **options: Any,
) -> Comparison:
    """Compare ``fn`` on ``calls``, each a function that makes the arguments anew.

    Args:
        fn: the program, or None with ``make``.
        calls: what makes the arguments of each call: a tuple, or one argument.
        make: makes the program anew for each side.
        raises: the kind of the error that every call ends in; "" if none does, None not to look.
        steady: whether torch's own builder does the same every time; the first time that some
            of its features are used, it also traces what they set up.
        options: further options of `compare_calls`.
    """

    def program() -> Any:
        made = [call() for call in calls]
        every = [(args if type(args) is tuple else (args,), {}) for args in made]
        return fn if make is None else make(), every

    comparison = compare_calls(make=program, **options)
    assert comparison, str(comparison)
    assert not (comparison.notes and steady)
    errors = [type(outcome.error).__name__ for outcome in comparison.torch.outcomes]
    if raises is not None:
        assert errors == [raises or "NoneType"] * len(calls), comparison.torch.outcomes
    return comparison


def times(call: Callable[[int], Any], *numbers: int) -> list[Callable[[], Any]]:
    """A maker of arguments for each of ``numbers``."""
    return [lambda n=number: call(n) for number in numbers]


def inputs(comparison: Comparison, *, strides: bool = False) -> list[list[str]]:
    """For each graph of each compile its inputs: sizes of tensors, symbols of numbers.

    Symbols are called a, b, ... in the order they come up in the graph, unbacked ones u0, u1.
    """
    return [
        list(_inputs(graph, strides))
        for frame in comparison.vartrack.frames
        if frame.outcome == "compiled"
        for graph in frame.graphs
    ]


def _inputs(graph: Sequence[str], strides: bool) -> Iterator[str]:
    names: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        if found[1] == "u":
            return found[0]
        return names.setdefault(found[0], "abcdefghij"[len(names)])

    for line in graph:
        if " = placeholder " not in line or line.startswith(" "):
            continue
        example = line.rpartition(" | ")[2]
        sizes = _SIZES.search(example)
        if sizes is not None:
            text = sizes[0] if strides else sizes[0].partition(" strides")[0]
        else:
            text = example.partition(" ")[2]
        yield _SYMBOL.sub(rename, text)


def checks(comparison: Comparison) -> str:
    """The guards on symbolic sizes, of all compiles."""
    lines = [
        " and ".join(guard.code)
        for frame in comparison.vartrack.frames
        for guard in frame.guards
        if "SHAPE_ENV" in (guard.source, guard.kind)
    ]
    return "\n".join(lines)


def rows(n: int, *rest: int) -> torch.Tensor:
    """A tensor of ``n`` rows."""
    shape = (n, *(rest or (3,)))
    return torch.arange(float(math.prod(shape))).reshape(shape)


def double(x: torch.Tensor) -> torch.Tensor:
    return x.relu() * 2 + x.size(0)


def both(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x.sum(-1) + y.sum(-1)


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
        found = hold(double, *times(marked, 4, 5, 6))
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
    found = hold(lambda x, y: x.sum() + y, *times(lambda n: (rows(n), rows(2)), 4, 5, 6))
    assert inputs(found)[-1] == ["a", "[a, 3]", "[2, 3]"]


# marks


def marks(mark: Callable[..., None], *args: Any, **kwargs: Any) -> Callable[[int], torch.Tensor]:
    """Makes tensors with a mark."""

    def make(n: int) -> torch.Tensor:
        x = rows(n)
        mark(x, *args, **kwargs)
        return x

    return make


def marked_twice(*each: Callable[[torch.Tensor], None]) -> Callable[[int], torch.Tensor]:
    """Makes tensors with several marks."""

    def make(n: int) -> torch.Tensor:
        x = rows(n)
        for mark in each:
            mark(x)
        return x

    return make


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
    hold(double, *times(marks(mark_dynamic, [0, 1]), 4, 5, 6))


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

    found = hold(lambda x, y: (x * 2, y + 1), *times(call, 4, 5, 6))
    assert [text for text in inputs(found)[0] if "3" in text or "4" in text] == [
        "[u0, 3]",
        "[u0, 4]",
    ] or len(inputs(found)) == 1


def test_mark_unbacked_with_a_hint() -> None:
    """A hint for later stages changes nothing that is seen here."""
    hold(lambda x: x * 2, *times(marks(mark_unbacked, 0, hint_override=16), 4, 5, 6))


def test_mark_unbacked_and_a_branch_on_the_size() -> None:
    """What depends on an unbacked size cannot be traced, on either side."""

    def program(x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.size(0) > 5 else x * 2

    hold(program, *times(marks(mark_unbacked, 0), 4, 8))


@pytest.mark.parametrize("dynamic", [None, True])
def test_mark_static(dynamic: bool | None) -> None:
    """A dimension marked static is a number, also where all others are symbols."""
    found = hold(double, *times(marks(mark_static, 0), 4, 5, 6), dynamic=dynamic)
    assert [graph[-1][:2] for graph in inputs(found)] == ["[4", "[5", "[6"]


def test_mark_static_inside_the_program() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        mark_static(x, 0)
        return x * 2

    hold(program, *times(rows, 4, 5, 6), dynamic=True)


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
    found = hold(double, *times(marks(maybe_mark_dynamic, 0, min=3, max=20), 4, 5, 6))
    assert "20" in checks(found)


def test_a_size_that_another_graph_found_dynamic() -> None:
    """A graph break hands a dynamic size to the rest of the program as a weak mark."""

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        torch._dynamo.graph_break()
        return y + y.size(0)

    hold(program, *times(rows, 4, 5, 6))
    hold(program, *times(marks(mark_dynamic, 0), 4, 5, 6))


MARKS: dict[str, Callable[[torch.Tensor], None]] = {
    "dynamic": lambda x: mark_dynamic(x, 0),
    "bounded": lambda x: mark_dynamic(x, 0, min=2, max=64),
    "weak": lambda x: maybe_mark_dynamic(x, 0),
    "static": lambda x: mark_static(x, 0),
    "unbacked": lambda x: mark_unbacked(x, 0),
    "strict": lambda x: mark_unbacked(x, 0, strict=True),
}


@pytest.mark.parametrize(("first", "second"), itertools.permutations(MARKS, 2))
def test_two_marks_on_one_dimension(first: str, second: str) -> None:
    """Marks that contradict each other are settled the same way, whatever comes first."""
    hold(lambda x: x * 2, *times(marked_twice(MARKS[first], MARKS[second]), 4, 5, 6))


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


def insists_on_four(x: torch.Tensor) -> torch.Tensor:
    return x + torch.ones(4, 3)


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


# numbers


def test_ints_that_change() -> None:
    """An int is a constant, and a symbol once it changed."""
    found = hold(lambda x, n: x * n, *times(lambda n: (rows(2), n), 4, 5, 6, 7, 8))
    assert inputs(found) == [["[2, 3]"], ["[2, 3]", "a"]]


@pytest.mark.parametrize("numbers", [(0, 1, 2, 3, 0), (5, 1, 0, -1, 7)])
def test_ints_that_are_small_or_negative(numbers: tuple[int, ...]) -> None:
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), n), *numbers))


def test_floats_that_change() -> None:
    """A float that changed travels as a tensor whose item is a symbol."""
    found = hold(lambda x, f: x * f, *times(lambda n: (rows(2), n / 2), 3, 5, 7, 9, 11))
    assert len(inputs(found)) == 2
    assert inputs(found)[1][1] == "[]"


def test_floats_that_guards_cannot_speak_of() -> None:
    """NaN and the infinities stay constants."""
    values = [1.5, 2.5, math.nan, math.inf, 3.5]
    hold(lambda x, f: x * f, *[lambda v=v: (rows(2), v) for v in values])


def test_an_int_as_a_size() -> None:
    """A symbol that is used as a size meets the sizes of tensors."""

    def program(x: torch.Tensor, n: int) -> torch.Tensor:
        return x.new_zeros(n, 3) + x[:n]

    hold(program, *times(lambda n: (rows(9), n), 4, 5, 6, 7, 8))


@pytest.mark.parametrize("specialize", [True, False])
def test_specialised_numbers(specialize: bool) -> None:
    """``specialize_int`` and ``specialize_float`` keep numbers constant."""
    with config.patch(specialize_int=specialize, specialize_float=specialize):
        found = hold(
            lambda x, n, f: x * n * f, *times(lambda n: (rows(2), n, n / 2), 4, 5, 6, 7, 8)
        )
    assert found.vartrack.compiles() == (5 if specialize else 2)


def test_bools_and_strings_never_change_into_symbols() -> None:
    def program(x: torch.Tensor, flag: bool, text: str) -> torch.Tensor:
        return x * len(text) if flag else x + 1

    calls = [(True, "a"), (False, "bc"), (True, "def"), (False, "a"), (True, "a")]
    hold(program, *[lambda c=c: (rows(2), *c) for c in calls])


class Scaled(torch.nn.Module):
    """A module with numbers as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = 1
        self.offset = 0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset


class Changing(Scaled):
    """Changes its attributes on each call, outside of what is compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Scaled()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(1):
            torch._dynamo.graph_break()  # in a loop, so that this is skipped
            self.inner.factor += 1
            self.inner.offset += 0.25
            out: torch.Tensor = self.inner(x)
        return out


@pytest.mark.parametrize("unspecialised", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_attributes_of_a_module_that_change(unspecialised: bool, inside: bool) -> None:
    """Attributes of a module are constants, unless config says that they may change."""

    def make() -> Callable[..., Any]:
        module = Scaled()

        def program(x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = module(x)
            if inside:
                module.factor += 1
                module.offset += 0.25
            return out

        return program if inside else Changing()

    with config.patch(allow_unspec_int_on_nn_module=unspecialised):
        hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_numbers_in_containers_and_objects() -> None:
    """Numbers that change inside of arguments."""

    def program(x: torch.Tensor, many: list[Any], named: dict[str, Any]) -> torch.Tensor:
        return x * many[0] + named["k"][0] * many[1]

    hold(
        program,
        *times(lambda n: (rows(2), [n, n / 2], {"k": (n + 1,)}), 4, 5, 6, 7, 8),
    )


FACTOR = 2


def test_a_global_number_that_changes() -> None:
    def make() -> Callable[..., Any]:
        globals()["FACTOR"] = 2

        @torch.compiler.disable
        def change() -> None:
            globals()["FACTOR"] += 3

        def program(x: torch.Tensor) -> torch.Tensor:
            y = x * FACTOR
            change()
            return y

        return program

    hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_a_closed_over_number_that_changes() -> None:
    def make() -> Callable[..., Any]:
        factor = 2

        def program(x: torch.Tensor) -> torch.Tensor:
            nonlocal factor
            factor += 1
            return x * factor

        return program

    hold(double, *times(rows, 2, 2, 2, 2, 2), make=make)


def test_dynamic_scalars() -> None:
    """``DynamicInt`` asks to be a symbol always."""
    from torch.fx.experimental.sym_node import DynamicInt

    found = hold(lambda x, n: x * n, *times(lambda n: (rows(2), DynamicInt(n)), 4, 5, 6))
    assert found.vartrack.compiles() == 1


def test_numpy_scalars() -> None:
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), np.float64(n / 3)), 4, 5, 6))
    hold(lambda x, n: x * n, *times(lambda n: (rows(2), np.int64(n)), 4, 5, 6))


# lists in the config


@contextlib.contextmanager
def listed(**lists: str) -> Iterator[None]:
    """Have the lists of ``torch.compiler.config`` set for a block."""
    with contextlib.ExitStack() as stack:
        for name, text in lists.items():
            stack.enter_context(torch.compiler.config.patch(name, text))
        yield


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


@pytest.mark.parametrize("name", [*LISTS, *(STATIC_LISTS if ON_215 else ())])
def test_listed_sources(name: str) -> None:
    """What the lists say of an input and of a number."""
    with listed(**(LISTS | STATIC_LISTS)[name]):
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
    assert expected.get(name, tensors[0]) == tensors[0], first


@pytest.mark.skipif(not ON_215, reason="there is such a list from torch 2.15 on")
@pytest.mark.parametrize("mark", MARKS)
def test_a_static_list_against_a_mark(mark: str) -> None:
    """A hard mark beats the list of static sources, a weak one does not."""
    with listed(static_sources="L['x']"):
        found = hold(lambda x: x * 2, *times(marked_twice(MARKS[mark]), 4, 5, 6))
    text = inputs(found)[0][-1]
    static = mark in ("weak", "static")
    assert text == "[4, 3]" if static else "4" not in text


@pytest.mark.parametrize("mark", ["static", "weak", "dynamic"])
@pytest.mark.parametrize("name", ["dynamic", "unbacked", "values"])
def test_a_list_against_a_mark(name: str, mark: str) -> None:
    """The lists and the marks, where both say something."""
    with listed(**LISTS[name]):
        hold(lambda x: x * 2, *times(marked_twice(MARKS[mark]), 4, 5, 6))


def test_listed_attributes_of_a_module() -> None:
    """A source list can name a parameter, which is static otherwise."""

    def make() -> Callable[..., Any]:
        return torch.nn.Linear(3, 4)

    with listed(dynamic_sources="L\\['self'\\].*"):
        hold(double, *times(rows, 4, 5, 6), make=make)


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

    hold(double, *times(view, 4, 5, 6))
    hold(double, *times(base, 4, 5, 6))


def test_the_same_tensor_twice() -> None:
    """Two arguments that are one tensor are one input, guarded to stay one."""

    def same(n: int) -> Any:
        x = rows(n)
        return x, x

    found = hold(both, *times(same, 4, 5, 6))
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

    hold(program, *times(same, 4, 5, 6))


def test_tensors_that_share_memory() -> None:
    """Two views of one base, one of which is changed."""

    def aliases(n: int) -> Any:
        base = rows(n + 1)
        return base[1:], base[:-1], base

    def program(x: torch.Tensor, y: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        return y * 2 + base[0]

    hold(program, *times(aliases, 4, 5, 6))


def test_inputs_that_are_changed_in_place() -> None:
    """In-place operations, also on attributes and through views."""

    def program(x: torch.Tensor, many: list[torch.Tensor]) -> torch.Tensor:
        x[0].mul_(2)
        many[0].t().add_(x.size(0))
        many.append(x + 1)
        x.label = "seen"  # type: ignore[attr-defined]
        return x.sum()

    hold(program, *times(lambda n: (rows(n), [rows(3, n)]), 4, 5, 6))


def test_resizing_and_setting_data() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x.data = y
        return x * 2

    hold(program, *times(lambda n: (rows(n), rows(n + 1)), 4, 5, 6))


# gradients


def leaves(n: int) -> Any:
    x = rows(n).requires_grad_()
    return x, (rows(n, 3) * 0.5).requires_grad_()


def test_inputs_that_require_gradients() -> None:
    """Gradients flow to leaves; a leaf that has a gradient already keeps it."""

    def make() -> Callable[..., Any]:
        def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (x * y).sin().sum()

        return program

    def with_gradients(n: int) -> Any:
        x, y = leaves(n)
        x.grad = torch.ones_like(x)
        return x, y

    hold(double, *times(leaves, 4, 5, 6), make=make)
    hold(double, *times(with_gradients, 4, 5, 6), make=make)


def test_gradients_are_used_in_the_program() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> Any:
        return None if x.grad is None else x.grad * y

    def with_gradients(n: int) -> Any:
        x, y = leaves(n)
        if n != 5:
            x.grad = torch.ones_like(x)
        return x, y

    hold(program, *times(with_gradients, 4, 5, 6))


def test_an_inner_tensor_of_the_graph_as_an_input() -> None:
    """An input that is no leaf."""
    hold(double, *times(lambda n: rows(n).requires_grad_() * 2, 4, 5, 6))


def test_switching_gradients_off() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            z = x * 2
        return z + y

    hold(program, *times(leaves, 4, 5, 6))


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x * x * grad


def test_an_autograd_function() -> None:
    hold(lambda x, y: Cube.apply(x) + y, *times(leaves, 4, 5, 6))


def test_a_training_step() -> None:
    """A step of an optimizer: parameters, gradients and the optimizer's own state."""

    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

        @torch.compiler.disable
        def backward(loss: torch.Tensor) -> None:
            loss.backward()

        def program(x: torch.Tensor) -> torch.Tensor:
            optimizer.zero_grad()
            loss = model(x).pow(2).sum()
            backward(loss)
            optimizer.step()
            return loss.detach()

        return program

    hold(double, *times(rows, 4, 5, 6, 4), make=make)


@pytest.mark.parametrize("kind", ["SGD", "AdamW", "RMSprop"])
def test_an_optimizer(kind: str) -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        model(rows(4)).sum().backward()
        optimizer = getattr(torch.optim, kind)(model.parameters(), lr=0.1)

        def program(x: torch.Tensor) -> torch.Tensor:
            optimizer.step()
            return x

        return program

    hold(double, *times(rows, 4, 4, 4), make=make)


# higher-order operators and functional transforms


def test_vmap() -> None:
    def program(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.func.vmap(torch.dot, in_dims=(0, None))(x, y)

    hold(program, *times(lambda n: (rows(n), torch.ones(3)), 4, 5, 6, 7, 8), steady=False)


def test_grad_and_vmap_of_grad() -> None:
    def program(x: torch.Tensor) -> Any:
        one = torch.func.grad(lambda t: (t**2).sum())(x)
        each = torch.func.vmap(torch.func.grad(lambda t: t.sin().sum()))(x)
        return one, each

    hold(program, *times(rows, 4, 5, 6))


def test_jvp_vjp_and_jacobians() -> None:
    def program(x: torch.Tensor) -> Any:
        out, tangent = torch.func.jvp(torch.sin, (x,), (torch.ones_like(x),))
        _, pull = torch.func.vjp(torch.cos, x)
        return out, tangent, pull(out), torch.func.jacrev(lambda t: t.sum(0))(x)

    hold(program, *times(rows, 4, 5, 6))


def test_functional_call() -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)

        def program(x: torch.Tensor) -> torch.Tensor:
            weights = {name: value * 2 for name, value in model.named_parameters()}
            out: torch.Tensor = torch.func.functional_call(model, weights, (x,))
            return out

        return program

    hold(double, *times(rows, 4, 5, 6), make=make)


@pytest.mark.parametrize("predicate", ["data", "size"])
def test_cond(predicate: str) -> None:
    def program(x: torch.Tensor) -> Any:
        test = x.sum() > 10 if predicate == "data" else x.size(0) > 5
        return torch.cond(test, lambda t: t.sin(), lambda t: t.cos() + t.size(0), (x,))

    hold(program, *times(rows, 4, 5, 6, 7, 8))


def test_while_loop() -> None:
    from torch._higher_order_ops.while_loop import while_loop

    def program(count: torch.Tensor, x: torch.Tensor) -> Any:
        return while_loop(
            lambda i, t: i < 3,
            lambda i, t: (i + 1, t * 2),
            (count, x),
        )

    hold(program, *times(lambda n: (torch.zeros((), dtype=torch.int64), rows(n)), 4, 5, 6))


def test_checkpointing() -> None:
    from torch.utils.checkpoint import checkpoint

    def program(x: torch.Tensor, y: torch.Tensor) -> Any:
        return checkpoint(lambda t: (t * y).sin(), x, use_reentrant=False)

    hold(program, *times(leaves, 4, 5, 6))


# custom operators


Pair = namedtuple("Pair", "low high")


@torch.library.custom_op("vartrack_test::shift", mutates_args=())
def shift(x: torch.Tensor, n: int, f: float) -> torch.Tensor:
    return x * f + n


@shift.register_fake
def _(x: torch.Tensor, n: int, f: float) -> torch.Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("vartrack_test::split", mutates_args=())
def split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x + 1, x * 2


@split.register_fake
def _(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.empty_like(x), torch.empty_like(x)


@torch.library.custom_op("vartrack_test::pieces", mutates_args=())
def pieces(x: torch.Tensor) -> list[torch.Tensor]:
    return [x + 1, x * 2, x - 1]


@pieces.register_fake
def _(x: torch.Tensor) -> list[torch.Tensor]:
    return [torch.empty_like(x) for _ in range(3)]


@torch.library.custom_op("vartrack_test::count", mutates_args=())
def count(x: torch.Tensor) -> int:
    return x.size(0) * 2


@count.register_fake
def _(x: torch.Tensor) -> int:
    return x.size(0) * 2


@torch.library.custom_op("vartrack_test::mean", mutates_args=())
def mean(x: torch.Tensor) -> tuple[torch.Tensor, int]:
    return x.mean(0), x.size(0)


@mean.register_fake
def _(x: torch.Tensor) -> tuple[torch.Tensor, int]:
    return x.new_empty(x.shape[1:]), x.size(0)


@torch.library.custom_op("vartrack_test::positive", mutates_args=())
def positive(x: torch.Tensor) -> torch.Tensor:
    return x[x > 0].clone()


@positive.register_fake
def _(x: torch.Tensor) -> torch.Tensor:
    return x.new_empty(torch.library.get_ctx().new_dynamic_size())


@torch.library.custom_op("vartrack_test::bump", mutates_args={"x"})
def bump(x: torch.Tensor) -> None:
    x.add_(1)


@bump.register_fake
def _(x: torch.Tensor) -> None:
    return None


OPERATORS: dict[str, Callable[..., Any]] = {
    "a tensor": lambda x: shift(x, x.size(0), 0.5),
    "two tensors": lambda x: split(x)[0] + split(x)[1],
    "a list": lambda x: pieces(x)[-1] * len(pieces(x)),
    "a number": lambda x: x * count(x),
    "a tensor and a number": lambda x: mean(x)[0] * mean(x)[1],
    "a size of its own": lambda x: positive(x) * 2,
    "nothing": lambda x: (bump(x), x * 2)[1],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_custom_operators(name: str) -> None:
    hold(OPERATORS[name], *times(rows, 4, 5, 6, 7, 8))


def test_results_of_many_kinds() -> None:
    """Operators of torch that give tuples, lists, named tuples, sizes and numbers."""

    def program(x: torch.Tensor) -> Any:
        top = x.topk(2)
        largest = torch.max(x, dim=1)
        parts = x.split(2)
        shape = x.shape
        numbers = (x.numel(), x.dim(), x.stride(0), x.is_contiguous(), x.element_size())
        return top.values, largest, parts[0], shape, numbers, x.unbind(1)[0], x.chunk(2)

    hold(program, *times(lambda n: rows(2 * n), 2, 3, 4, 5, 6))


def test_sizes_as_values() -> None:
    """`torch.Size` as an argument, as a result, and taken apart."""

    def program(x: torch.Tensor, size: torch.Size) -> Any:
        wide, high = size
        return x.reshape(high, wide), torch.Size([wide, high]), size.numel(), x.shape[1:]

    hold(program, *times(lambda n: (rows(n), torch.Size([n, 3])), 4, 5, 6, 7, 8))


def test_items_with_scalar_outputs_captured() -> None:
    """``item()`` gives an unbacked symbol, ``nonzero`` an unbacked size."""

    def program(x: torch.Tensor) -> Any:
        n = x[0, 1].to(torch.int64).item()
        torch._check(n >= 0)
        f = x[0, 2].item()
        return x * n * f, torch.zeros(n + 1)

    with config.patch(capture_scalar_outputs=True, capture_dynamic_output_shape_ops=True):
        hold(program, *times(rows, 4, 5, 6))
        hold(lambda x: x.nonzero() * 2, *times(rows, 4, 5, 6))
    hold(program, *times(rows, 4, 5, 6))


def test_items_of_inputs_that_are_numbers() -> None:
    """A zero-dimensional integer tensor whose item is used as a size."""

    def program(x: torch.Tensor, n: torch.Tensor) -> Any:
        k = n.item()
        torch._check(k >= 0)
        torch._check(k < 4)
        return x[:k]

    with config.patch(capture_scalar_outputs=True):
        hold(program, *times(lambda n: (rows(9), torch.tensor(n)), 2, 3, 1))


def test_random_numbers() -> None:
    """Random calls in the program are recorded, and their results are inputs of the graph."""

    def program(x: torch.Tensor) -> Any:
        return x * random.random() + random.randint(1, 5) + random.uniform(0.0, 1.0)

    found = hold(program, *times(rows, 4, 5, 6, 7, 8))
    assert found.vartrack.graphs() == 2


def test_random_tensors_and_generators() -> None:
    def program(x: torch.Tensor) -> Any:
        torch.manual_seed(3)
        return x + torch.rand_like(x), torch.randint(0, 4, (x.size(0),))

    hold(program, *times(rows, 4, 5, 6))


# subclasses


def test_a_wrapper_subclass() -> None:
    """A wrapper of two tensors: both become inputs, over changing sizes."""
    found = hold(double, *times(lambda n: TwoTensor(rows(n), rows(n) + 1), 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 2


def test_a_wrapper_subclass_with_marks() -> None:
    def two(n: int, mark: Callable[..., None]) -> Any:
        x = TwoTensor(rows(n), rows(n) + 1)
        mark(x, 0)
        return x

    for mark in (mark_dynamic, maybe_mark_dynamic, mark_static):
        hold(double, *times(lambda n, mark=mark: two(n, mark), 4, 5, 6))


def test_a_wrapper_subclass_in_a_wrapper_subclass() -> None:
    def nested(n: int) -> Any:
        return TwoTensor(TwoTensor(rows(n), rows(n)), TwoTensor(rows(n), rows(n)))

    hold(double, *times(nested, 4, 5, 6))


def test_a_view_of_a_wrapper_subclass() -> None:
    """torch cannot guard the symbols of its base yet; the error is the same."""
    view = times(lambda n: TwoTensor(rows(n + 1), rows(n + 1))[1:], 4, 5, 6)
    hold(double, *view, raises=None)


class Loud(torch.Tensor):
    """Overrides functions, and has an attribute of its own."""

    loudness = 2

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = super().__torch_function__(func, types, args, kwargs or {})
        if func is torch.Tensor.relu:
            return out * cls.loudness
        return out


def test_a_subclass_that_overrides_functions() -> None:
    found = hold(lambda x: x.relu() + 1, *times(lambda n: rows(n).as_subclass(Loud), 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 2


def test_parameters_and_buffers() -> None:
    """Parameters keep their sizes as numbers, unless config says otherwise."""

    def parameter(n: int) -> Any:
        return torch.nn.Parameter(rows(n))

    found = hold(double, *times(parameter, 4, 5, 6))
    assert found.vartrack.compiles() == 3
    with config.patch(force_parameter_static_shapes=False):
        found = hold(double, *times(parameter, 4, 5, 6))
    assert found.vartrack.compiles() == 2
    hold(double, *times(lambda n: torch.nn.Buffer(rows(n)), 4, 5, 6))


class Growing(torch.nn.Module):
    """A module whose parameter and buffer change their sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(rows(2))
        self.register_buffer("seen", rows(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum() + self.weight + self.seen


@pytest.mark.parametrize("static", [True, False])
def test_a_module_whose_tensors_grow(static: bool) -> None:
    def make() -> Callable[..., Any]:
        module = Growing()

        @torch.compiler.disable
        def grow(n: int) -> None:
            module.weight = torch.nn.Parameter(rows(n))
            module.seen = rows(n)

        def program(x: torch.Tensor) -> torch.Tensor:
            grow(x.size(0))
            return module(x)

        return program

    flags = {
        "force_parameter_static_shapes": static,
        "force_nn_module_property_static_shapes": static,
    }
    with config.patch(**flags):
        hold(double, *times(rows, 4, 5, 6), make=make)


@pytest.mark.parametrize("guard", [False, True])
def test_an_address_that_stays(guard: bool) -> None:
    """A tensor with a static address is an input, or an attribute of the graph if guarded."""

    def call(n: int) -> Any:
        x = rows(n)
        mark_static_address(x, guard=guard)
        return x

    hold(double, *times(call, 4, 5, 6))


def test_free_tensors_as_attributes_of_the_graph() -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        return torch.nn.Linear(3, 2)

    with config.patch(install_free_tensors=True, inline_inbuilt_nn_modules=True):
        hold(double, *times(rows, 4, 5, 6), make=make)


def inside(make_input: Callable[[int], Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn`` on inputs that are made outside of what is compiled, and that nobody else sees.

    For inputs that cannot be looked through by the comparison.
    """
    make_input = torch.compiler.disable(make_input)

    def program(n: int) -> Any:
        for _ in range(1):
            torch._dynamo.graph_break()  # in a loop, so that the program itself is skipped
            out = fn(*make_input(n))
        return out

    return program


def jagged(n: int) -> torch.Tensor:
    parts = [torch.ones(k, 3) for k in range(1, n)]
    return torch.nested.nested_tensor(parts, layout=torch.jagged)


def test_nested_tensors() -> None:
    """Jagged tensors: the ragged size is a nested int, the inside is an input."""
    program = inside(lambda n: (jagged(n),), lambda x: (x * 2).values())
    found = hold(program, *times(lambda n: n, 3, 4, 5, 6, 7), steady=False)
    assert found.vartrack.compiles() == 2


def test_nested_tensors_with_a_shared_ragged_size() -> None:
    def pair(n: int) -> Any:
        x = jagged(n)
        return x, torch.nested.nested_tensor_from_jagged(x.values() * 3, x.offsets())

    program = inside(pair, lambda x, y: (x + y).values())
    found = hold(program, *times(lambda n: n, 3, 4, 5))
    assert found.vartrack.compiles() == 2


# inputs that torch refuses


REFUSED: dict[str, tuple[str, Callable[[int], Any]]] = {
    "strided nested": (
        "strided NestedTensor",
        lambda n: torch.nested.nested_tensor([torch.ones(n), torch.ones(3)]),
    ),
    "sparse": ("sparse Tensor", lambda n: rows(n).to_sparse_coo()),
    "sparse rows": ("sparse Tensor", lambda n: rows(n).to_sparse_csr()),
    "text array": ("failed to convert numpy.ndarray", lambda n: np.array(["a"] * n)),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore")
def test_inputs_that_torch_refuses(name: str) -> None:
    """The same graph break on both sides, and then the program runs uncompiled."""
    title, make = REFUSED[name]
    found = hold(inside(lambda n: (make(n),), lambda x: len(x[0])), *times(lambda n: n, 4, 5))
    assert title in str(found.vartrack.frames)


def test_a_sparse_result_is_refused() -> None:
    found = hold(lambda x: x.to_sparse().to_dense(), lambda: rows(4))
    assert "sparse" in str(found.vartrack.frames)


def test_a_dual_tensor() -> None:
    """Up to 2.13 its tangent is dropped, later it is refused."""
    forward_ad = torch.autograd.forward_ad

    @torch.compiler.disable
    def primal(n: int) -> Any:
        return forward_ad.make_dual(rows(n), torch.ones(n, 3))

    @torch.compiler.disable
    def tangent(x: torch.Tensor) -> Any:
        found = forward_ad.unpack_dual(x).tangent
        return None if found is None else found.clone()

    def program(n: int) -> Any:
        for _ in range(1):
            torch._dynamo.graph_break()
            with forward_ad.dual_level():
                out = tangent(double(primal(n)))
        return out

    found = hold(program, *times(lambda n: n, 4, 5))
    assert ("dual tensor" in str(found.vartrack.frames)) is compat.runs_on(">=2.14")


# NumPy


def test_arrays() -> None:
    """Arrays are traced as tensors; their sizes stay numbers."""

    def program(a: Any, b: Any) -> Any:
        a += 1
        return np.concatenate([a, b]).sum(axis=0) * a.shape[0], np.float32(2)

    hold(program, *times(lambda n: (np.ones((n, 2)), np.zeros((3, 2))), 4, 5, 6, 7, 8))


def test_arrays_of_other_kinds() -> None:
    def read_only(n: int) -> Any:
        array = np.arange(float(n))
        array.flags.writeable = False
        return array

    hold(lambda a: a * 2, *times(read_only, 4, 5, 6))
    hold(lambda a: a.T + 1, *times(lambda n: np.ones((n, 2))[::2], 4, 5, 6))
    hold(lambda a: a + 1, *times(lambda n: np.float32(n), 4, 5, 6))
    hold(lambda a, x: torch.from_numpy(a) + x, *times(lambda n: (np.ones((n, 3)), rows(n)), 4, 5))


# DTensor


@pytest.fixture(scope="module")
def mesh() -> Iterator[Any]:
    """A mesh of one rank, on a process group that sends nothing."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    torch.distributed.destroy_process_group()


def test_a_distributed_tensor(mesh: Any) -> None:
    from torch.distributed.tensor import DTensor, Replicate, Shard

    def sharded(n: int) -> Any:
        return DTensor.from_local(rows(n), mesh, [Shard(0)], run_check=False)

    def program(x: Any) -> Any:
        return (x * 2).redistribute(x.device_mesh, [Replicate()]).to_local() + 1

    found = hold(program, *times(sharded, 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 2


def test_a_collective(mesh: Any) -> None:
    import torch.distributed._functional_collectives as collectives

    def program(x: torch.Tensor) -> Any:
        return collectives.all_reduce(x * 2, "sum", mesh.get_group()) + 1

    hold(program, *times(rows, 4, 5, 6))


# the user's shapes spec


def spec(**params: Any) -> Any:
    """Have a shapes spec in force, as ``torch.compile`` sets one up."""
    from torch.fx.experimental.dynamic_spec import ParamsSpec, ShapesSpec

    name = next(name for name in ("_shapes_spec", "_dynamic_shapes_spec") if hasattr(config, name))
    return config.patch(**{name: ShapesSpec(ParamsSpec(params))})


def test_a_shapes_spec() -> None:
    """What the spec names is unbacked or checked, and everything else is static."""
    from torch.fx.experimental.dynamic_spec import IntVar, ShapeVar, TensorSpec

    batch, n = ShapeVar("batch", max=64), IntVar("n", min=1)
    with spec(x=TensorSpec([batch, 3]), n=n):
        found = hold(
            lambda x, n, y: (x * n, y + 1), *times(lambda n: (rows(n), n, rows(2)), 4, 5, 6, 7, 8)
        )
    assert [text for text in inputs(found)[0] if text.startswith("[")] == ["[u0, 3]", "[2, 3]"]
    assert found.vartrack.compiles() == 1


def test_a_shapes_spec_with_expressions() -> None:
    """One variable in two places, and an expression of it."""
    from torch.fx.experimental.dynamic_spec import ShapeVar, TensorSpec

    batch = ShapeVar("batch")
    with spec(x=TensorSpec([batch, None]), y=TensorSpec([batch * 2, 3]), z=TensorSpec([batch])):
        hold(
            lambda x, y, z: (x * 2, y + 1, z),
            *times(lambda n: (rows(n), rows(2 * n), torch.ones(n)), 4, 5, 6),
        )


def test_a_shapes_spec_inside_of_containers() -> None:
    from torch.fx.experimental.dynamic_spec import DictSpec, ShapeVar, TensorSpec

    n = ShapeVar("n")
    with spec(many=DictSpec({"x": TensorSpec([n, None]), "y": None})):
        hold(
            lambda many: many["x"] * 2 + many["k"],
            *times(lambda n: {"x": rows(n), "k": 3}, 4, 5, 6),
        )


# export


def exported(fn: Callable[..., Any], args: tuple[Any, ...], shapes: Any) -> Any:
    """What ``torch.export`` makes of a function in strict mode, as plain data."""

    class Program(torch.nn.Module):
        def forward(self, *args: Any) -> Any:
            return fn(*args)

    program = torch.export.export(Program(), args, dynamic_shapes=shapes, strict=True)
    nodes = [
        f"{node.name} {node.op} {node.target} {node.args} {node.meta.get('val')}"
        for node in program.graph.nodes
    ]
    return {
        "code": program.graph_module.code,
        "nodes": [re.sub(r"0x[0-9a-f]+", "#", node) for node in nodes],
        "ranges": {str(key): str(value) for key, value in program.range_constraints.items()},
        "signature": str(program.graph_signature),
        "result": program.module()(*args),
    }


def hold_export(
    fn: Callable[..., Any],
    args: Callable[[], tuple[Any, ...]],
    shapes: Any,
    *,
    raises: type[Exception] | None = None,
) -> Any:
    """Export ``fn`` with torch's own builder and with vartrack; what came out, the same for both.

    `compare_calls` compiles, and nothing can be exported while a compile goes on, so this holds
    the exported programs against each other.
    """
    torch._dynamo.reset()
    theirs = _export(fn, args(), shapes)
    torch._dynamo.reset()
    with vartrack.use(vartrack.stock), recording() as recorder:
        ours = _export(fn, args(), shapes)
    torch._dynamo.reset()
    assert list(Walk().differences("exported", theirs, ours)) == []
    assert raises is None or isinstance(ours, raises)
    assert raises is not None or any(build.graph_input for build in recorder.builds)
    return ours


def _export(fn: Callable[..., Any], args: tuple[Any, ...], shapes: Any) -> Any:
    try:
        return exported(fn, args, shapes)
    except Exception as error:
        return error


def test_export_with_dynamic_shapes() -> None:
    """Named dimensions are symbols with ranges, the others are static."""
    batch = torch.export.Dim("batch", min=2, max=100)
    found = hold_export(
        lambda x, y: x * y.sum(0) + x.size(0),
        lambda: (rows(4), rows(4)),
        {"args": ({0: batch}, {0: batch})},
    )
    assert any("100" in text for text in found["ranges"].values())


def test_export_with_derived_dimensions() -> None:
    n = torch.export.Dim("n", min=2, max=50)
    hold_export(
        lambda x, y: x + y[1:],
        lambda: (torch.ones(4), torch.ones(5)),
        {"args": ({0: n}, {0: n + 1})},
    )


@pytest.mark.parametrize("hint", ["AUTO", "DYNAMIC", "STATIC"])
def test_export_with_hints(hint: str) -> None:
    kind = getattr(torch.export.Dim, hint)
    hold_export(
        lambda x, n: x * n,
        lambda: (rows(4), 3),
        {"args": ({0: kind}, kind if hint != "STATIC" else None)},
    )


def test_export_of_a_dimension_that_the_program_fixes() -> None:
    """The same error on both sides, with the source, the dimension and what to do."""
    batch = torch.export.Dim("batch", min=2, max=100)
    found = hold_export(
        insists_on_four, lambda: (rows(4),), {"args": ({0: batch},)}, raises=UserError
    )
    text = str(found)
    assert "batch" in text and "Suggested fixes" in text


def test_export_of_ranges_that_do_not_meet() -> None:
    small, large = torch.export.Dim("small", max=5), torch.export.Dim("large", min=6)
    hold_export(
        lambda x, y: x + y,
        lambda: (rows(5), rows(5)),
        {"args": ({0: small}, {0: large})},
        raises=UserError,
    )
