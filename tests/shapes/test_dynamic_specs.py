"""Shapes that are told beforehand: specs, and dynamic shapes of export."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from dynamic_programs import hold, inputs, insists_on_four, rows, times
from specs import DictSpec, IntVar, ShapeVar, TensorSpec, in_force, needs_specs
from torch._dynamo.exc import UserError

import vartrack
from vartrack.comparison.values import Walk
from vartrack.core.recording import recording

# the user's shapes spec


@needs_specs
def test_a_shapes_spec() -> None:
    """What the spec names is unbacked or checked, and everything else is static."""
    batch, n = ShapeVar("batch", max=64), IntVar("n", min=1)
    with in_force(x=TensorSpec([batch, 3]), n=n):
        found = hold(
            lambda x, n, y: (x * n, y + 1), *times(lambda n: (rows(n), n, rows(2)), 4, 5, 6, 7, 8)
        )
    assert [text for text in inputs(found)[0] if text.startswith("[")] == ["[u0, 3]", "[2, 3]"]
    assert found.vartrack.compiles() == 1


@needs_specs
def test_a_shapes_spec_with_expressions() -> None:
    """One variable in two places, and an expression of it."""
    batch = ShapeVar("batch")
    with in_force(x=TensorSpec([batch, None]), y=TensorSpec([batch * 2, 3]), z=TensorSpec([batch])):
        hold(
            lambda x, y, z: (x * 2, y + 1, z),
            *times(lambda n: (rows(n), rows(2 * n), torch.ones(n)), 4, 5, 6),
        )


@needs_specs
def test_a_shapes_spec_inside_of_containers() -> None:
    n = ShapeVar("n")
    with in_force(many=DictSpec({"x": TensorSpec([n, None]), "y": None})):
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
