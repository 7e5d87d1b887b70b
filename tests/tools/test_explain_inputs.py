"""`vartrack.explain` says of each dimension and number what it became, and why."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from specs import IntVar, ShapeVar, TensorSpec, in_force, needs_specs
from torch._dynamo import config
from torch._dynamo.decorators import mark_dynamic, mark_static, mark_unbacked, maybe_mark_dynamic
from torch._dynamo.exc import Unsupported, UserError

import vartrack
from vartrack import compat
from vartrack.compat import behaviour
from vartrack.core.recording import Dimension, recording
from vartrack.explanation import Explanation, explain, explain_call
from vartrack.shapes import reasons
from vartrack.shapes.shape_policy import RULES, STATIC_FOR_GOOD
from vartrack.visitors.sequences import Lists


def rows(n: int, *marks: Callable[[torch.Tensor], None]) -> torch.Tensor:
    """A tensor of ``n`` rows with marks."""
    x = torch.ones(n, 3)
    for mark in marks:
        mark(x)
    return x


def double(x: Any) -> Any:
    return x * 2


def twice(fn: Callable[..., Any], *calls: tuple[Any, ...], **options: Any) -> Explanation:
    """The explanation of several calls; the value of the last one is the last that is listed."""

    def program() -> None:
        for args in calls:
            torch._dynamo.graph_break()  # in a loop, so that this function itself is skipped
            fn(*args)

    return explain_call(program, **options)


def last(found: Explanation, source: str) -> Any:
    """The value that came from ``source`` in the last compile that has it."""
    values = [v for made in found.compiles for v, _ in made.walk() if v.source == source]
    return values[-1]


# dimensions

UNTIL = "sizes are static until they change"

#: The user's lists of what is dynamic, unbacked or static that the running torch has.
LISTS = [
    name
    for name in ("dynamic_sources", "unbacked_sources", "dynamic_values", "static_sources")
    if hasattr(torch.compiler.config, name)
]


@pytest.mark.parametrize(
    ("mark", "kind", "constraint", "why"),
    [
        (lambda x: None, "static", "", UNTIL),
        (lambda x: mark_static(x, 0), "static", "", "marked by mark_static"),
        (
            lambda x: mark_dynamic(x, 0),
            "dynamic",
            "more than one value, or compiling fails",
            "marked by mark_dynamic",
        ),
        (
            lambda x: mark_dynamic(x, 0, min=3, max=20),
            "dynamic",
            "from 3 to 20, or compiling fails",
            "marked by mark_dynamic",
        ),
        (lambda x: maybe_mark_dynamic(x, 0), "dynamic", "", "marked by maybe_mark_dynamic"),
        (
            lambda x: vars(x).update(_dynamo_propagated_dynamic_indices={0}),
            *(
                ("dynamic", "", "torch marked it: the code before had it dynamic")
                if behaviour.PROPAGATES_MARKS
                else ("static", "", UNTIL)
            ),
        ),
        (lambda x: mark_unbacked(x, 0), "unbacked", "", "marked by mark_unbacked"),
        (
            lambda x: mark_unbacked(x, 0, strict=True),
            "dynamic",
            "more than one value, or compiling fails",
            "marked by mark_unbacked(strict=True)",
        ),
    ],
    ids=["none", "static", "dynamic", "bounded", "weak", "propagated", "unbacked", "strict"],
)
def test_a_mark_is_the_reason(
    mark: Callable[[torch.Tensor], None], kind: str, constraint: str, why: str
) -> None:
    first, second = explain(double, rows(5, mark)).find("L['x']").dimensions
    assert (first.kind, first.constraint, first.why, first.stride) == (kind, constraint, why, "")
    assert (first.size == "5") is (kind == "static")
    assert second == Dimension("3", "static", "", UNTIL)


def test_a_size_that_changed_says_so() -> None:
    found = twice(double, (rows(4),), (rows(5),))
    assert [d.kind for d in found.find("L['x']").dimensions] == ["static", "static"]
    first, second = last(found, "L['x']").dimensions
    assert (first.kind, first.why) == ("dynamic", RULES["size_changed"].words)
    assert (second.kind, second.why) == ("static", UNTIL)


def test_a_stride_that_changed_is_told() -> None:
    base = torch.ones(200)
    found = twice(double, (base.as_strided((4, 3), (12, 1)),), (base.as_strided((4, 3), (15, 1)),))
    assert [d.stride for d in last(found, "L['x']").dimensions] == ["dynamic", ""]
    assert "its stride changed, and has a symbol" in found.text(150, "full")


@pytest.mark.parametrize("size", [0, 1])
def test_a_size_that_can_have_no_symbol_is_static_whatever_was_decided(size: int) -> None:
    """What is told is what became of it, with what would have been otherwise."""
    found = explain(double, rows(size, lambda x: maybe_mark_dynamic(x, 0)))
    dimension = found.find("L['x']").dimensions[0]
    assert (dimension.size, dimension.kind) == (str(size), "static")
    assert dimension.why.startswith(f"a size of {size} is a constant; else dynamic: marked by")


def test_settings_are_reasons() -> None:
    with config.patch(assume_static_by_default=False):
        first, _ = explain(double, rows(4)).find("L['x']").dimensions
        assert (first.kind, first.why) == ("duck", "config.assume_static_by_default is off")
    with config.patch(automatic_dynamic_shapes=False):
        first, _ = explain(double, rows(4)).find("L['x']").dimensions
        assert (first.kind, first.why) == ("static", STATIC_FOR_GOOD)
    found = twice(double, (rows(4),), (rows(5),), dynamic=True)
    assert [d.kind for d in found.find("L['x']").dimensions] == ["duck", "duck"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, kind in (
            ("dynamic_sources", "dynamic"),
            ("unbacked_sources", "unbacked"),
            ("dynamic_values", "dynamic"),
            ("static_sources", "static"),
        )
        if name in LISTS
    ],
)
def test_lists_are_reasons(name: str, kind: str) -> None:
    one = behaviour.LISTS_NAME_DIMENSIONS
    place = "L['x']:0" if one else "L['x']"
    with torch.compiler.config.patch(name, "4" if name == "dynamic_values" else place):
        first, second = explain(double, rows(4)).find("L['x']").dimensions
    assert (first.kind, first.why) == (kind, f"torch.compiler.config.{name} lists it")
    assert second.why == (UNTIL if one else first.why)


def test_parameters_say_why_they_are_static() -> None:
    weight = torch.nn.Parameter(torch.ones(4))
    mark_dynamic(weight, 0)
    (dimension,) = explain(double, weight).find("L['x']").dimensions
    assert dimension.kind == "static"
    assert "config.force_parameter_static_shapes" in dimension.why


def test_arrays_and_views_and_what_is_inside_of_a_wrapper_have_dimensions() -> None:
    from torch.testing._internal.two_tensor import TwoTensor

    found = explain(double, np.ones((4, 3)))
    assert [d.size for d in found.find("L['x']").dimensions] == ["4", "3"]
    found = explain(double, rows(5)[1:])
    assert [d.size for d in found.find("L['x']").dimensions] == ["4", "3"]
    found = twice(double, *[(TwoTensor(rows(n), rows(n)),) for n in (4, 5)])
    for source in ("L['x']", "L['x'].a", "L['x'].b"):
        assert [d.kind for d in last(found, source).dimensions] == ["dynamic", "static"]


def test_an_array_is_what_the_tensor_is_that_it_becomes() -> None:
    """Both are listed, and say the same."""
    found = twice(double, (np.ones((4, 3)),), (np.ones((5, 3)),))
    array, tensor = last(found, "L['x']"), last(found, "___from_numpy(L['x'])")
    assert array.dimensions == tensor.dimensions
    assert [d.kind for d in array.dimensions] == ["dynamic", "static"]
    assert array.dimensions[0].size == tensor.dimensions[0].size != "5"


def test_a_range_of_one_size_says_so() -> None:
    x = rows(5, lambda x: mark_dynamic(x, 0, min=5, max=5))
    first = explain(double, x).find("L['x']").dimensions[0]
    assert (first.size, first.kind) == ("5", "static")
    assert first.why == "it can only be 5; else dynamic: marked by mark_dynamic"


def test_what_a_setting_makes_of_it_is_told() -> None:
    with config.patch(automatic_dynamic_shapes_mark_as="unbacked"):
        first = explain(double, rows(5, lambda x: mark_dynamic(x, 0))).find("L['x']").dimensions[0]
    assert first.kind == "unbacked"
    assert first.why == (
        "marked by mark_dynamic, and config.automatic_dynamic_shapes_mark_as is 'unbacked'"
    )


def test_the_list_that_decides_is_the_one_that_is_named() -> None:
    """Of two lists, in the order of the running torch."""
    with torch.compiler.config.patch(dynamic_sources="L['x']", unbacked_sources="L['x']"):
        first = explain(double, rows(5)).find("L['x']").dimensions[0]
    dynamic = compat.runs_on(">=2.15")
    name = "dynamic_sources" if dynamic else "unbacked_sources"
    assert first.kind == ("dynamic" if dynamic else "unbacked")
    assert first.why == f"torch.compiler.config.{name} lists it"


@pytest.mark.skipif("dynamic_values" not in LISTS, reason="this torch has no list of values")
def test_another_list_that_would_do_as_well_is_named() -> None:
    with torch.compiler.config.patch(dynamic_sources="L['x']", dynamic_values="5"):
        first = explain(double, rows(5)).find("L['x']").dimensions[0]
    assert first.why == (
        "torch.compiler.config.dynamic_sources lists it; also "
        "torch.compiler.config.dynamic_values lists it"
    )


def test_a_mark_is_not_told_as_a_change() -> None:
    """A mark is written into the history that automatic dynamic learns from."""
    marked = [(rows(n, lambda x: mark_dynamic(x, 0)),) for n in (4, 5)]
    found = twice(double, *marked, (torch.ones(4, 5),))
    assert last(found, "L['x']").dimensions[0].why == RULES["size_changed"].words
    first = found.find("L['x']").dimensions[0]
    assert first.why == "marked by mark_dynamic"


@needs_specs
def test_under_a_shapes_spec_a_parameter_is_what_the_spec_has() -> None:
    with in_force(x=TensorSpec([None])):
        found = explain(lambda x, y: x * y, *[torch.nn.Parameter(torch.ones(4)) for _ in "xy"])
    assert found.find("L['x']").dimensions[0].why == "the shapes spec has it so"
    assert found.find("L['y']").dimensions[0].why == "the shapes spec says nothing about it"


def test_a_ragged_dimension_is_called_so() -> None:
    jagged = torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(1, 3)], layout=torch.jagged)
    found = explain(lambda x: x.values() * 2, jagged)
    assert [d.kind for d in found.find("L['x']").dimensions] == ["static", "ragged", "static"]
    assert found.find("L['x']").dimensions[1].why == "it is the ragged dimension of a nested tensor"


def test_what_export_demands_is_told() -> None:
    class Program(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 2

    torch._dynamo.reset()
    batch = torch.export.Dim("batch", min=2, max=100)
    with vartrack.use(vartrack.stock), recording() as recorder:
        torch.export.export(Program(), (rows(4),), dynamic_shapes=({0: batch},), strict=True)
    torch._dynamo.reset()
    first, second = next(b.dimensions for b in recorder.builds if b.graph_input)
    assert (first.kind, first.why) == ("dynamic", "torch.export constrains it")
    assert first.constraint == "from 2 to 100, or compiling fails"
    assert second.why == STATIC_FOR_GOOD  # export sees to that


@needs_specs
def test_the_shapes_spec_is_a_reason() -> None:
    with in_force(x=TensorSpec([ShapeVar("n"), None]), k=IntVar("k")):
        found = explain(lambda x, k, j: x * k * j, rows(4), 5, 6)
    assert [d.kind for d in found.find("L['x']").dimensions] == ["unbacked", "static"]
    assert {d.why for d in found.find("L['x']").dimensions} == {"the shapes spec has it so"}
    assert found.find("L['k']").why == "the shapes spec has it so"
    assert found.find("L['j']").why == "the shapes spec says nothing about it"


# numbers


def scaled(x: Any, k: Any) -> Any:
    return x * k


@pytest.mark.parametrize(
    ("values", "tracker", "why"),
    [
        ([4], "ConstantVariable", "an int is a constant until it changes"),
        ([4, 5], "SymNodeVariable", "it changed"),
        ([0.5], "ConstantVariable", "a float is a constant until it changes"),
        ([0.5, 1.5], "SymNodeVariable", "it changed"),
        (
            [0.5, float("inf")],
            "ConstantVariable",
            "no guard on a symbol can speak of nan or an inf",
        ),
        ([True], "ConstantVariable", ""),
    ],
)
def test_a_number_says_why_it_is_a_constant_or_a_symbol(
    values: list[Any], tracker: str, why: str
) -> None:
    found = twice(scaled, *[(rows(2), value) for value in values])
    value = last(found, "L['k']")
    assert value.tracker == tracker
    assert value.why.startswith(why) and bool(value.why) is bool(why)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"specialize_int": True}, "config.specialize_int is on"),
        ({"assume_static_by_default": False}, "config.assume_static_by_default is off"),
        ({"automatic_dynamic_shapes": False}, STATIC_FOR_GOOD),
    ],
)
def test_settings_are_reasons_for_ints(flags: dict[str, bool], why: str) -> None:
    with config.patch(**flags):
        assert last(twice(scaled, (rows(2), 4), (rows(2), 5)), "L['k']").why == why


@pytest.mark.parametrize("name", [name for name in LISTS if name != "static_sources"])
def test_lists_are_reasons_for_ints(name: str) -> None:
    with torch.compiler.config.patch(name, "4" if name == "dynamic_values" else "L['k']"):
        value = explain(scaled, rows(2), 4).find("L['k']")
    assert name in value.why
    assert value.tracker == "SymNodeVariable"


FACTOR = 4


class Scaled(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.factor = 3

    def forward(self, x: torch.Tensor, by: int = 2) -> torch.Tensor:
        return x * self.factor * by * FACTOR


def test_ints_that_are_no_arguments_say_why_they_are_constants() -> None:
    # up to 2.11 a literal that is a default has no place of its own unless this is off
    with config.patch(skip_guards_on_constant_func_defaults=False):
        found = explain(Scaled(), rows(2))
        default = explain(lambda x, s: s.forward(x), rows(2), Scaled())
    assert "allow_unspec_int_on_nn_module" in found.find("L['self'].factor").why
    assert found.find("G['FACTOR']").why == "an int that is no argument is a constant"
    whys = [
        v.why for made in default.compiles for v, _ in made.walk() if "__defaults__" in v.source
    ]
    assert "the default of an argument is a constant" in whys


# how it is shown


def test_the_tree_says_it_in_words() -> None:
    x = rows(4, lambda x: mark_dynamic(x, 0, min=2, max=64))
    text = explain(scaled, x, 3).text(140, "full")
    assert "dim 0 dynamic (from 2 to 64, or compiling fails): marked by mark_dynamic" in text
    assert f"dim 1 static: {UNTIL}" in text
    assert "constant: an int is a constant until it changes" in text
    text = explain(double, rows(4)).text(140, "full")
    assert f"all dims static: {UNTIL}" in text
    text = twice(scaled, (rows(4), 3), (rows(5), 4)).text(140, "full")
    assert "symbol: it changed" in text


def test_json_has_it_for_programs() -> None:
    x = rows(4, lambda x: mark_dynamic(x, 0))
    data = json.loads(explain(scaled, x, 3).to_json())
    values = {value["source"]: value for value in data["compiles"][0]["values"]}
    first, second = values["L['x']"]["dimensions"]
    assert first["kind"] == "dynamic"
    assert first["constraint"] == "more than one value, or compiling fails"
    assert first["stride"] == ""
    assert second == {
        "size": "3",
        "kind": "static",
        "constraint": "",
        "why": UNTIL,
        "stride": "",
    }
    assert values["L['x']"]["why"] == ""
    assert values["L['k']"]["why"] == "an int is a constant until it changes"
    assert values["L['k']"]["dimensions"] == []


def test_nothing_is_written_down_unless_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise AssertionError("nobody looks")

    monkeypatch.setattr(reasons, "Dimension", fail)
    monkeypatch.setattr(reasons, "words", fail)
    torch._dynamo.reset()
    with vartrack.use(vartrack.stock):
        compiled = torch.compile(scaled, backend="eager", fullgraph=True)
        for n in (4, 5):
            assert compiled(rows(n), n).shape == (n, 3)
    torch._dynamo.reset()


# how builds end


def test_only_a_graph_break_is_called_one() -> None:
    """A restart of the compile, and an error that is none of the two, have names of their own."""

    class Ending(Lists):
        def visit_sourced(self, ctx: Any, value: Any) -> Any:
            if value[0] == "break":
                ctx.unsupported("No lists", explanation="none at all")
            if value[0] == "raise":
                raise UserError(torch._dynamo.exc.UserErrorType.INVALID_INPUT, "not this one")
            if ended.pop() == "restart":
                raise torch._dynamo.exc.RestartAnalysis(restart_reason="once more")
            return super().visit_sourced(ctx, value)

    registry = vartrack.stock.derive("ending")
    registry.register(Ending, override=True)
    ended = ["then built", "restart"]
    outcomes = {}
    for word in ("break", "raise", "restart"):
        torch._dynamo.reset()
        with vartrack.use(registry), recording() as recorder:
            compiled = torch.compile(lambda x, y: x * len(y), backend="eager", fullgraph=True)
            with contextlib.suppress(Unsupported, UserError):
                compiled(rows(2), [word])
        outcomes[word] = {b.outcome for b in recorder.builds if b.type == "builtins.list"}
    torch._dynamo.reset()
    assert "graph break" in outcomes["break"] and "raised" not in outcomes["break"]
    # up to 2.11 a UserError is a graph break as well
    assert outcomes["raise"] == {"graph break" if issubclass(UserError, Unsupported) else "raised"}
    assert "restart" in outcomes["restart"] and "built" in outcomes["restart"]
    assert "graph break" not in outcomes["restart"]
