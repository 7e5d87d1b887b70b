"""Requests about inputs that cannot be met: the kind of error is torch's, the text helps.

Every case runs through torch's own builder and through vartrack. What is raised has to be of the
same kind, a graph break of the same name; and vartrack's text has to name the input, the dimension,
what was asked for and a way out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from policy_state import ON_215, there_are
from specs import DictSpec, IntVar, TensorSpec, in_force, needs_specs
from torch._dynamo import config
from torch._dynamo.decorators import mark_dynamic, mark_static, mark_unbacked, maybe_mark_dynamic
from torch._dynamo.exc import InternalTorchDynamoError, Unsupported, UserError
from torch.fx.experimental.symbolic_shapes import ConstraintViolationError

import vartrack
from vartrack.core.input_errors import InputAssertionError, InputError

Mark = Callable[[Any], None]


def rows(*marks: Mark) -> Callable[[], tuple[Any, ...]]:
    """Makes the one argument of a call: a tensor of 4 by 3 with marks."""

    def make() -> tuple[Any, ...]:
        x = torch.ones(4, 3)
        for mark in marks:
            mark(x)
        return (x,)

    return make


def double(x: Any) -> Any:
    return x * 2


def insists(x: Any) -> Any:
    return x + torch.ones(4, 3)


def outcome(
    fn: Callable[..., Any], make: Callable[[], tuple[Any, ...]], settings: Any, export: Any = None
) -> Exception | None:
    """What compiling or exporting ``fn`` raises."""
    torch._dynamo.reset()
    try:
        with settings():
            if export is None:
                torch.compile(fn, backend="eager", fullgraph=True)(*make())
            else:
                _export(fn, make(), export)
    except Exception as error:
        return error
    finally:
        torch._dynamo.reset()
    return None


def _export(fn: Callable[..., Any], args: tuple[Any, ...], shapes: Any) -> None:
    class Program(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return fn(x)

    torch.export.export(Program(), args, dynamic_shapes=shapes or None, strict=True)


def name_of(error: Exception) -> str:
    """The name of a graph break."""
    return str(error).partition("\n")[0]


def hold(
    fn: Callable[..., Any],
    make: Callable[[], tuple[Any, ...]],
    *words: str,
    settings: Any = contextlib.nullcontext,
    export: Any = None,
    is_a: type[Exception] | None = None,
) -> Exception:
    """Have torch and vartrack refuse the same in the same way; gives vartrack's error.

    Args:
        fn: the program.
        make: makes its arguments.
        words: what vartrack's text has to have.
        settings: the configuration to do it under.
        export: the dynamic shapes to export with; None to compile.
        is_a: what kind of error it is at least.
    """
    theirs = outcome(fn, make, settings, export)
    with vartrack.use(vartrack.stock):
        ours = outcome(fn, make, settings, export)
    assert theirs is not None and ours is not None, (theirs, ours)
    assert isinstance(ours, type(theirs)), (theirs, ours)
    assert is_a is None or isinstance(theirs, is_a)
    if isinstance(theirs, Unsupported):
        assert type(ours) is type(theirs) and name_of(ours) == name_of(theirs)
        assert "a visitor raised" not in str(ours)
    for word in words:
        assert word in str(ours), (word, str(ours))
    return ours


def hold_accepted(
    fn: Callable[..., Any], make: Callable[[], tuple[Any, ...]], settings: Any = None
) -> None:
    """Neither of the two minds."""
    settings = settings or contextlib.nullcontext
    assert outcome(fn, make, settings) is None
    with vartrack.use(vartrack.stock):
        assert outcome(fn, make, settings) is None


# marks that contradict each other, or the input


STATIC: Mark = lambda x: mark_static(x, 0)  # noqa: E731
DYNAMIC: Mark = lambda x: mark_dynamic(x, 0)  # noqa: E731
UNBACKED: Mark = lambda x: mark_unbacked(x, 0)  # noqa: E731
STRICT: Mark = lambda x: mark_unbacked(x, 0, strict=True)  # noqa: E731
WEAK: Mark = lambda x: maybe_mark_dynamic(x, 0)  # noqa: E731


@pytest.mark.parametrize("first", [STATIC, DYNAMIC, UNBACKED, STRICT, WEAK])
@pytest.mark.parametrize("second", [STATIC, DYNAMIC, UNBACKED, STRICT, WEAK])
def test_two_marks_are_no_error_before_the_program_contradicts(first: Mark, second: Mark) -> None:
    """One of them wins, as docs/design/shape-policy.md has it; a program may then contradict it."""
    hold_accepted(double, rows(first, second))
    if DYNAMIC in (first, second) and UNBACKED not in (first, second):
        hold(insists, rows(first, second), "L['x'].size()[0]", is_a=ConstraintViolationError)


def test_a_range_without_sizes() -> None:
    hold(
        double,
        rows(lambda x: mark_dynamic(x, 0, min=10, max=2)),
        "Dimension 0 of L['x']",
        "min=10 and max=2",
        "Give both min and max",
        is_a=InternalTorchDynamoError,
    )


@pytest.mark.skipif(not ON_215, reason="weak marks have ranges from 2.15 on")
def test_a_range_of_a_weak_mark_without_sizes() -> None:
    weak = rows(lambda x: maybe_mark_dynamic(x, 0, min=10, max=2))
    hold(double, weak, "Dimension 0 of L['x']", "min=10 and max=2", is_a=InternalTorchDynamoError)


def test_a_range_that_nobody_reads_is_no_error() -> None:
    """Where marks are ignored so are their ranges."""
    mark = rows(lambda x: mark_dynamic(x, 0, min=10, max=2))
    hold_accepted(double, mark, lambda: config.patch(allow_ignore_mark_dynamic=True))


@pytest.mark.parametrize("bounds", [{"min": 2}, {"max": 9}])
def test_a_range_with_one_bound(bounds: dict[str, int]) -> None:
    """torch up to 2.14 cannot do with one; later it can."""
    make = rows(lambda x: mark_dynamic(x, 0, **bounds))
    if ON_215:
        hold_accepted(double, make)
        return
    told = hold(double, make, "Dimension 0 of L['x']", "Give both min and max", is_a=AssertionError)
    assert isinstance(told, InputAssertionError)


@pytest.mark.parametrize("bounds", [(10, 20), (2, 3), (5, 5)])
@pytest.mark.parametrize("weak", [False, True])
def test_a_size_outside_of_its_range(bounds: tuple[int, int], weak: bool) -> None:
    if weak and not ON_215:
        pytest.skip("weak marks have ranges from 2.15 on")
    low, high = bounds
    mark = maybe_mark_dynamic if weak else mark_dynamic
    hold(
        double,
        rows(lambda x: mark(x, 0, min=low, max=high)),
        "Dimension 0 of L['x'] has size 4",
        f"{mark.__name__}(..., 0, min={low}, max={high})",
        f"Pass L['x'] with a size from {low} to {high}",
        is_a=ConstraintViolationError,
    )


def test_every_dimension_outside_of_its_range_is_named() -> None:
    def mark(x: Any) -> None:
        mark_dynamic(x, 0, min=10, max=20)
        mark_dynamic(x, 1, min=30, max=40)

    words = ["Dimension 0 of L['x'] has size 4", "Dimension 1 of L['x'] has size 3"]
    hold(double, rows(mark), *words, is_a=ConstraintViolationError)


def test_bounds_of_an_unbacked_size_without_sizes() -> None:
    hold(
        double,
        rows(lambda x: mark_unbacked(x, 0, min=10, max=2)),
        "Dimension 0 of L['x'] was marked by mark_unbacked(..., 0, min=10, max=2)",
        is_a=InternalTorchDynamoError,
    )


def test_bounds_of_an_unbacked_size_that_the_input_breaks() -> None:
    """Known only when guards are checked; torch's text has the input and the bounds."""
    bounds = rows(lambda x: mark_unbacked(x, 0, min=10, max=20))
    hold(double, bounds, "10 <= x.size()[0] <= 20", is_a=AssertionError)


@pytest.mark.parametrize("mark", [DYNAMIC, STRICT])
def test_a_mark_that_the_program_contradicts(mark: Mark) -> None:
    hold(insists, rows(mark), "You marked L['x'].size()[0] as dynamic", "remove it")


def test_two_inputs_of_one_size_with_other_ranges() -> None:
    """The program demands the same size of both; the smaller range is too small for one."""

    def make() -> tuple[Any, ...]:
        x, y = torch.ones(6, 3), torch.ones(6, 3)
        mark_dynamic(x, 0, min=2, max=10)
        mark_dynamic(y, 0, min=5, max=100)
        return x, y

    both = ["5 <= L['x'].size()[0] <= 100", "L['x'].size()[0] <= 10"]
    hold(lambda x, y: x + y, make, *both, is_a=ConstraintViolationError)


def test_dimensions_that_are_not_there() -> None:
    """No mark, list or hint of a dimension that the tensor does not have is looked at."""

    def mark(x: Any) -> None:
        for dim in (-1, 2, 7):
            mark_dynamic(x, dim, min=10, max=2)
            mark_unbacked(x, dim)
            maybe_mark_dynamic(x, dim)
        vars(x).setdefault("_dynamo_static_indices", set()).update({-1, 9})

    hold_accepted(double, rows(mark))
    lists = torch.compiler.config.patch(dynamic_sources="L['x']:7")
    hold_accepted(double, rows(), lambda: lists)


# settings


@pytest.mark.parametrize("mark", [DYNAMIC, UNBACKED, WEAK])
def test_a_kind_that_does_not_exist(mark: Mark) -> None:
    """It only counts where a size is of the kind that the setting names."""
    setting = lambda: config.patch(automatic_dynamic_shapes_mark_as="moving")  # noqa: E731
    if mark is not DYNAMIC:
        hold_accepted(double, rows(mark), setting)
        return
    hold(
        double,
        rows(mark),
        "'moving'",
        "dimension 0 of L['x']",
        "'dynamic', 'unbacked'",
        settings=setting,
        is_a=InternalTorchDynamoError,
    )


@pytest.mark.parametrize(
    ("name", "text", "entry"),
    [("dynamic_values", "4, x", "'x'"), ("dynamic_sources", "L[x", "'L[x'")],
)
def test_lists_that_cannot_be_read(name: str, text: str, entry: str) -> None:
    if not there_are([name]):
        pytest.skip("there is no such list")
    setting = lambda: torch.compiler.config.patch(name, text)  # noqa: E731
    words = [f"torch.compiler.config.{name} lists {entry}", "with commas"]
    hold(double, rows(), *words, settings=setting, is_a=InternalTorchDynamoError)


@needs_specs
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TensorSpec([None]), ["has 1 dimensions for L['x']", "L['x'] has 2"]),
        (lambda: TensorSpec([5, None]), ["dimension 0 of L['x'] to be 5, but it is 4"]),
        (lambda: IntVar("n"), ["the shapes spec for L['x'] is IntVar", "Put a TensorSpec"]),
        (
            lambda: DictSpec({"a": None}),
            ["L['x'] is a single value, where the spec has a DictSpec"],
        ),
    ],
    ids=["rank", "size", "number", "container"],
)
def test_a_shapes_spec_that_does_not_fit(make: Any, words: list[str]) -> None:
    setting = lambda: in_force(x=make())  # noqa: E731
    hold(double, rows(), *words, settings=setting, is_a=InternalTorchDynamoError)


@needs_specs
def test_a_shapes_spec_with_another_number() -> None:
    setting = lambda: in_force(x=4)  # noqa: E731
    words = ["L['x'] to be 4, but it is 5", "Pass 4"]
    hold(lambda x: torch.ones(2) * x, lambda: (5,), *words, settings=setting)


# inputs that are refused


def grad_of_another_type() -> tuple[Any, ...]:
    x = torch.ones(3, requires_grad=True)
    x.grad_dtype = None
    x.grad = torch.ones(3, dtype=torch.float64)
    return (x,)


class Wrapper(torch.Tensor):
    """A wrapper subclass that says it wraps a number."""

    @staticmethod
    def __new__(cls, a: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, a.size(), dtype=a.dtype)

    def __init__(self, a: torch.Tensor) -> None:
        self.a, self.k = a, 3

    def __tensor_flatten__(self) -> Any:
        return ["a", "k"], None

    @staticmethod
    def __tensor_unflatten__(inner: Any, context: Any, size: Any, stride: Any) -> Any:
        return Wrapper(inner["a"])

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        plain = [each.a if isinstance(each, Wrapper) else each for each in args]
        return func(*plain, **(kwargs or {}))


REFUSED: dict[str, tuple[Callable[[], tuple[Any, ...]], list[str]]] = {
    "strided nested": (
        lambda: (torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),),
        ["L['x'] is a nested tensor", "layout=torch.jagged"],
    ),
    "sparse": (lambda: (torch.ones(4, 3).to_sparse_coo(),), ["L['x'] is a sparse", "Hint"]),
    "sparse rows": (lambda: (torch.ones(4, 3).to_sparse_csr(),), ["L['x'] is a sparse", "Hint"]),
    "text": (lambda: (np.array(["a"]),), ["L['x'] is an array of dtype <U1", "numpy extra"]),
    "gradient": (grad_of_another_type, ["L['x'] is of torch.float32", "torch.float64"]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REFUSED)
def test_inputs_that_are_refused(name: str) -> None:
    make, words = REFUSED[name]
    hold(lambda x: x[0], make, *words, is_a=Unsupported)


def test_a_wrapper_around_a_number() -> None:
    words = ["Wrapper.__tensor_flatten__ names 'k'", "L['x'].k is of type int", "the context"]
    hold(double, lambda: (Wrapper(torch.ones(3)),), *words, is_a=AssertionError)


# export


@pytest.mark.parametrize(("low", "high"), [(10, 20), (2, 3)])
def test_export_of_a_size_outside_of_its_range(low: int, high: int) -> None:
    batch = torch.export.Dim("batch", min=low, max=high)
    hold(double, rows(), export=({0: batch},), is_a=UserError)


@pytest.mark.parametrize("dim", [5, -7])
def test_export_of_a_dimension_that_is_not_there(dim: int) -> None:
    batch = torch.export.Dim("batch", min=2, max=20)
    theirs = outcome(double, rows(), contextlib.nullcontext, ({dim: batch},))
    with vartrack.use(vartrack.stock):
        ours = outcome(double, rows(), contextlib.nullcontext, ({dim: batch},))
    assert type(ours) is type(theirs) and str(ours) == str(theirs)


def test_export_of_a_dimension_that_the_program_fixes() -> None:
    batch = torch.export.Dim("batch", min=2, max=20)
    words = ["You marked batch as dynamic", "constant (4)", "Suggested fixes"]
    hold(insists, rows(), *words, export=({0: batch},), is_a=UserError)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["strided nested", "text"])
def test_export_of_inputs_that_are_refused(name: str) -> None:
    make, _ = REFUSED[name]
    theirs = outcome(lambda x: x[0], make, contextlib.nullcontext, {})
    with vartrack.use(vartrack.stock):
        ours = outcome(lambda x: x[0], make, contextlib.nullcontext, {})
    assert theirs is not None and type(ours) is type(theirs)
    assert name_of(ours) == name_of(theirs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", ["coo", "csr"])
def test_export_of_a_sparse_tensor_is_no_error(layout: str) -> None:
    """torch exports them; there are no strides that anything could be learnt from."""
    make = REFUSED["sparse" if layout == "coo" else "sparse rows"][0]
    theirs = outcome(double, make, contextlib.nullcontext, {})
    with vartrack.use(vartrack.stock):
        ours = outcome(double, make, contextlib.nullcontext, {})
    assert theirs is None and ours is None, (theirs, ours)


# results that nothing is known of


class Unknown:
    """What an operator gives that no graph can hold."""


@torch._dynamo.allow_in_graph
def gives_unknown(x: torch.Tensor) -> Any:
    return Unknown()


@torch._dynamo.allow_in_graph
def gives_dict(x: torch.Tensor) -> Any:
    return {"x": x}


@pytest.mark.parametrize("operator", [gives_unknown, gives_dict])
def test_results_that_no_visitor_knows(operator: Callable[[Any], Any]) -> None:
    kind = "Unknown" if operator is gives_unknown else "dict"
    words = [operator.__name__, kind, "register a visitor with a Traced half"]
    hold(lambda x: operator(x), rows(), *words, is_a=Unsupported)


def test_errors_are_of_both_kinds() -> None:
    """They pass through visitors as what steers Dynamo does, and are what torch raises."""
    assert issubclass(InputError, ValueError) and issubclass(InputAssertionError, AssertionError)
