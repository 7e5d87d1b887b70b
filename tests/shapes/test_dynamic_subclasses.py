"""Tensor subclasses, nested and distributed tensors, arrays, and what torch refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from dynamic_programs import double, hold, rows, times
from process_groups import process_group
from torch._dynamo import config
from torch._dynamo.decorators import (
    mark_dynamic,
    mark_static,
    mark_static_address,
    maybe_mark_dynamic,
)
from torch.testing._internal.two_tensor import TwoTensor

from vartrack import compat

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
        hold(double, *times(lambda n, mark=mark: two(n, mark), 4, 5, 6, 7, 8))


def test_a_wrapper_subclass_in_a_wrapper_subclass() -> None:
    def nested(n: int) -> Any:
        return TwoTensor(TwoTensor(rows(n), rows(n)), TwoTensor(rows(n), rows(n)))

    hold(double, *times(nested, 4, 5, 6, 7, 8))


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

    found = hold(double, *times(parameter, 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 5
    with config.patch(force_parameter_static_shapes=False):
        found = hold(double, *times(parameter, 4, 5, 6, 7, 8))
    assert found.vartrack.compiles() == 2
    hold(double, *times(lambda n: torch.nn.Buffer(rows(n)), 4, 5, 6, 7, 8))


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
        hold(double, *times(rows, 4, 5, 6, 7, 8), make=make)


@pytest.mark.parametrize("guard", [False, True])
def test_an_address_that_stays(guard: bool) -> None:
    """A tensor with a static address is an input, or an attribute of the graph if guarded."""

    def call(n: int) -> Any:
        x = rows(n)
        mark_static_address(x, guard=guard)
        return x

    hold(double, *times(call, 4, 5, 6, 7, 8))


def test_free_tensors_as_attributes_of_the_graph() -> None:
    def make() -> Callable[..., Any]:
        torch.manual_seed(0)
        return torch.nn.Linear(3, 2)

    with config.patch(install_free_tensors=True, inline_inbuilt_nn_modules=True):
        hold(double, *times(rows, 4, 5, 6, 7, 8), make=make)


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

    hold(lambda a: a * 2, *times(read_only, 4, 5, 6, 7, 8))
    hold(lambda a: a.T + 1, *times(lambda n: np.ones((n, 2))[::2], 4, 5, 6, 7, 8))
    hold(lambda a: a + 1, *times(lambda n: np.float32(n), 4, 5, 6, 7, 8))
    hold(lambda a, x: torch.from_numpy(a) + x, *times(lambda n: (np.ones((n, 3)), rows(n)), 4, 5))


# DTensor


@pytest.fixture(scope="module")
def mesh() -> Iterator[Any]:
    """A mesh of one rank, on a process group that sends nothing."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    with process_group("fake", FakeStore()):
        yield init_device_mesh("cpu", (1,))


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

    hold(program, *times(rows, 4, 5, 6, 7, 8))
