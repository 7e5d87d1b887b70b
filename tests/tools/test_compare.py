"""`vartrack.compare` notices what differs, and nothing else."""

from __future__ import annotations

import dataclasses
import dis
import random
from collections import Counter, namedtuple
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch._dynamo import convert_frame, guards
from torch._dynamo.utils import counters
from torch._dynamo.variables import builder
from torch._dynamo.variables.base import ValueMutationNew, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import ListVariable
from torch._subclasses.fake_tensor import FakeTensorMode

import vartrack
from vartrack.comparison import Comparison, compare, compare_calls
from vartrack.comparison.capture import _bytecode
from vartrack.comparison.spelling import break_reason, spell
from vartrack.comparison.values import Walk
from vartrack.core.context import BuilderContext
from vartrack.visitors.literals import Integers
from vartrack.visitors.sequences import Lists, Tuples

X = torch.arange(6.0).reshape(2, 3)


def with_visitor(visitor: type[vartrack.Visitor]) -> vartrack.Registry:
    """The stock registry with ``visitor`` in the place of the stock one for its types."""
    registry = vartrack.stock.derive("a broken one")
    registry.register(visitor, override=True)
    return registry


def found(comparison: Comparison) -> Counter[str]:
    """How many differences of each kind a comparison found."""
    assert comparison.equal is bool(comparison) is (not comparison.differences)
    return Counter(difference.what for difference in comparison.differences)


# programs


def scale(x: torch.Tensor, factors: Any) -> torch.Tensor:
    return x * factors[0] + factors[1]


def times(x: torch.Tensor, n: int) -> torch.Tensor:
    return x * n


def append(x: torch.Tensor, items: list[Any]) -> torch.Tensor:
    items.append(x + 1)
    return x * len(items)


def broken_in_two(x: torch.Tensor, label: object) -> tuple[torch.Tensor, object]:
    y = x + 1
    torch._dynamo.graph_break(f"at {label!r}")
    return y * 2, label


# what it has to notice


class UnguardedLists(Lists):
    guarded_by = ()
    unguarded = "wrong on purpose"


def test_notices_a_missing_guard() -> None:
    """A visitor that installs no guard shows up as a guard that only torch has."""
    registry = with_visitor(UnguardedLists)
    calls = [((X, [2, 3]), {})]
    comparison = compare_calls(scale, calls, registry=registry)
    kinds = found(comparison)
    assert set(kinds) == {"guard", "check"}
    missing = [row for row in comparison.differences if row.what == "guard"]
    assert all(row.vartrack is None and "L['factors']" in (row.torch or "") for row in missing)
    assert compare_calls(scale, calls)


class MoreGuardedTuples(Tuples):
    guarded_by = ("SEQUENCE_LENGTH", "EQUALS_MATCH")


def test_notices_a_guard_too_many() -> None:
    """A guard that torch does not have shows up as one that only vartrack has."""
    registry = with_visitor(MoreGuardedTuples)
    comparison = compare_calls(scale, [((X, (2, 3)), {})], registry=registry)
    assert "guard" in found(comparison)
    rows = [row for row in comparison.differences if row.what == "guard"]
    assert any(row.torch is None and "EQUALS_MATCH" in (row.vartrack or "") for row in rows)


class TuplesAsLists(Tuples):
    tracker_class = ListVariable


def test_notices_a_changed_tracker() -> None:
    """Another tracker class is a difference even where graph, guards and result are the same."""
    registry = with_visitor(TuplesAsLists)
    comparison = compare_calls(scale, [((X, (2, 3)), {})], registry=registry)
    assert set(found(comparison)) == {"tracker"}
    row = comparison.differences[0]
    assert (row.torch or "").startswith("L['factors']: ")
    assert "-> TupleVariable" in (row.torch or "")
    assert "-> ListVariable" in (row.vartrack or "")


@dataclasses.dataclass
class Window:
    """Its default is met while tracing, without a source."""

    sizes: tuple[int, int] = (2, 3)


def windowed(x: torch.Tensor) -> torch.Tensor:
    return x * Window().sizes[1]


class TuplesWithoutParts(Tuples):
    def new_children(self, ctx: BuilderContext, value: tuple[Any, ...]) -> list[VariableTracker]:
        return [ConstantVariable.create(item) for item in value]


@pytest.mark.parametrize("visitor", [TuplesAsLists, TuplesWithoutParts])
def test_notices_a_changed_tracker_of_a_value_made_while_tracing(
    visitor: type[vartrack.Visitor],
) -> None:
    """The same holds without a source, also of parts that are built past the registry."""
    comparison = compare_calls(windowed, [((X,), {})], registry=with_visitor(visitor))
    assert "tracker" in found(comparison)
    rows = [row for row in comparison.differences if row.what == "tracker"]
    assert all("made while tracing" in str(row) for row in rows)


class UnregisteredLists(Lists):
    tracked = None

    def tracker(
        self, ctx: BuilderContext, value: Any, children: Any, **options: Any
    ) -> VariableTracker:
        return ListVariable(children, mutation_type=ValueMutationNew())


def test_notices_that_a_value_is_not_registered() -> None:
    """Without registration the change to the argument is lost, and both are reported."""
    registry = with_visitor(UnregisteredLists)
    comparison = compare_calls(append, [((X, [1]), {})], registry=registry)
    assert {"tracker", "argument"} <= set(found(comparison))
    row = next(row for row in comparison.differences if row.what == "tracker")
    assert "ValueMutationExisting, registered" in (row.torch or "")
    assert (row.vartrack or "").endswith("ValueMutationNew")
    (args, _), (other_args, _) = comparison.torch.calls[0], comparison.vartrack.calls[0]
    assert (len(args[1]), len(other_args[1])) == (2, 1)


def test_notices_what_the_callable_is_left_with() -> None:
    """The same change, to a list that the program closes over, is found in the callable."""
    items: list[Any] = [1]
    comparison = compare_calls(
        lambda x: append(x, items), [((X,), {})], registry=with_visitor(UnregisteredLists)
    )
    assert "callable" in found(comparison)
    assert items == [1]


class OneMore(Integers):
    def realized(self, ctx: BuilderContext, value: int) -> VariableTracker:
        ctx.guard("CONSTANT_MATCH")
        return ConstantVariable.create(value + 1, source=ctx.source)


def test_notices_a_different_graph_and_result() -> None:
    """Another constant in the graph is reported with the node, and so is what it leads to."""
    comparison = compare_calls(times, [((X, 3), {})], registry=with_visitor(OneMore))
    assert {"graph", "result"} <= set(found(comparison))
    row = next(row for row in comparison.differences if row.what == "graph")
    assert "mul" in (row.torch or "") and "mul" in (row.vartrack or "")


class StaticIntegers(Integers):
    def realized(self, ctx: BuilderContext, value: int) -> VariableTracker:
        ctx.guard("CONSTANT_MATCH")
        return ConstantVariable.create(value, source=ctx.source)


def test_notices_another_number_of_compiles() -> None:
    """An int that never becomes a symbol compiles once per value; the call is named."""
    calls = [((X, n), {}) for n in (3, 4, 5)]
    comparison = compare_calls(times, calls, registry=with_visitor(StaticIntegers))
    counts = [row for row in comparison.differences if row.what == "compiles"]
    assert [(row.where, row.torch, row.vartrack) for row in counts if row.where == "call 3"] == [
        ("call 3", "0", "1")
    ]
    assert comparison.torch.compiles() == 2
    assert [comparison.vartrack.compiles(call) for call in (1, 2, 3)] == [1, 1, 1]
    assert found(comparison)["graph"] > 0  # in call 2 the symbol is a placeholder for torch


class RefusedLists(Lists):
    def visit_sourced(self, ctx: BuilderContext, value: list[Any]) -> VariableTracker:
        ctx.unsupported("No lists", explanation="None at all.", context="one thing")


def test_notices_a_graph_break() -> None:
    """A break that only one side has is reported with its kind and its debug context."""
    registry = with_visitor(RefusedLists)
    comparison = compare_calls(scale, [((X, [2, 3]), {})], registry=registry)
    assert {"graphs", "graph", "graph break"} & set(found(comparison))
    assert "No lists" in str(comparison) and "one thing" in str(comparison)


def test_notices_another_graph_break_reason() -> None:
    """The same number of breaks at the same place, for another reason, is a difference."""

    def program(x: torch.Tensor, items: list[Any]) -> torch.Tensor:
        y = x + 1
        torch._dynamo.graph_break(f"with {len(items)}")
        return y

    class LongerLists(Lists):
        def children(self, ctx: BuilderContext, value: list[Any]) -> list[VariableTracker]:
            return [*super().children(ctx, value), ConstantVariable.create(None)]

    comparison = compare_calls(program, [((X, [1, 2]), {})], registry=with_visitor(LongerLists))
    rows = [row for row in comparison.differences if row.what == "graph break"]
    assert len(rows) == 1
    assert "with 2" in (rows[0].torch or "") and "with 3" in (rows[0].vartrack or "")


class FailingLists(Lists):
    def children(self, ctx: BuilderContext, value: list[Any]) -> list[VariableTracker]:
        raise ZeroDivisionError("in a visitor")


@pytest.mark.parametrize("fullgraph", [False, True])
def test_notices_a_visitor_that_fails(fullgraph: bool) -> None:
    """A visitor that raises is a difference; with ``fullgraph`` the call raises on that side."""
    comparison = compare_calls(
        scale, [((X, [2, 3]), {})], registry=with_visitor(FailingLists), fullgraph=fullgraph
    )
    assert not comparison
    assert "ZeroDivisionError" in str(comparison) or "raised" in str(comparison)
    error = comparison.vartrack.outcomes[0].error
    assert (error is not None) is fullgraph
    assert comparison.torch.outcomes[0].error is None


# what it must not notice


class Label:
    """Printed with its address."""


@pytest.mark.parametrize("attempt", range(3))
def test_does_not_notice_addresses_and_counters(attempt: int) -> None:
    """The same program is equal every time, with objects, classes and functions at new places."""

    def make() -> tuple[Callable[..., Any], list[Any]]:
        ballast.append(object())
        cls = type("Made", (), {"size": 3, "grow": lambda self, x: x * self.size})

        def program(x: torch.Tensor, made: Any, label: object) -> Any:
            y = made.grow(x)
            torch._dynamo.graph_break(str(label))  # `repr` breaks the graph itself up to 2.11
            pair = (y + 1, label)
            return pair, {"made": made, "again": made}

        return program, [((X, cls(), Label()), {}), ((X, cls(), Label()), {})]

    ballast: list[object] = []
    comparison = compare_calls(make=make)
    assert comparison, comparison
    assert len(ballast) == 2
    # the addresses are really there, and really differ
    pairs = zip(comparison.torch.frames, comparison.vartrack.frames, strict=True)
    assert all(mine.title == other.title for mine, other in pairs)
    assert comparison.torch.calls[0][0][2] is not comparison.vartrack.calls[0][0][2]
    assert any("Label object at" in line for f in comparison.torch.frames for line in f.breaks)


def test_does_not_notice_how_a_break_is_worded() -> None:
    """Explanation and hints are advice, which vartrack words for itself; the facts count."""
    frame = "Kind\n  Explanation: {}\n  Hint: {}\n\n  Developer debug context: x\n    y\n\n more"
    mine, other = frame.format("a\n    b", "c"), frame.format("d", "e\n  Hint: f")
    assert break_reason(mine) == break_reason(other)
    assert break_reason(mine) != break_reason(mine.replace("context: x", "context: z"))
    assert break_reason(mine) != break_reason(mine.replace("Kind", "Other kind"))
    assert break_reason(mine) != break_reason(mine.replace(" more", " less"))


@given(st.integers(2**20, 2**63), st.integers(2**20, 2**63), st.text(max_size=20))
def test_spelling_drops_addresses_only(one: int, two: int, rest: str) -> None:
    """Two texts that differ in an address only are spelled the same, and the rest stays."""
    for form in (
        "<Label object at 0x{:x}>",
        "___check_obj_id(L['f'](1, 2), {}), type=<class 'function'>",
        "___check_type_id(L['x'], {}), type=<class 'list'>",
        "__optimizer_{}_c3",
        "___module_deque_{}_c12",
        "FakeIdVariable({}) __eq__ ConstantVariable",
        "FakeIdVariable(-{})",
    ):
        assert spell(form.format(one)) == spell(form.format(two))
        assert spell(spell(form.format(one))) == spell(form.format(one))
    assert spell(f"L['x'] == {one}") == f"L['x'] == {one}"
    if one != two:
        assert spell(f"L['n{one}']") != spell(f"L['n{two}']")
    assert spell(f"== {rest!r}") == f"== {rest!r}"


@given(st.uuids(), st.integers(0, 10**6))
@example(UUID("58234567-c012-4f83-adc6-d485df25c5df"), 3)
def test_spelling_drops_uuids(uuid: UUID, counter: int) -> None:
    """The name of a compiled graph is spelled the same whatever its counter and uuid are."""
    name = f"__compiled_fn_{counter}_{uuid}".replace("-", "_")
    assert spell(f"LOAD_GLOBAL {name}") == spell("LOAD_GLOBAL __compiled_fn_0")


def test_spelling_drops_counters_only() -> None:
    """Counters in made-up names go; offsets and places stay."""
    assert spell("__resume_at_30_2") == spell("__resume_at_30_9")
    assert spell("__resume_at_30_2") != spell("__resume_at_32_2")
    assert spell("G['__builtins_dict___0']['len']") == spell("G['__builtins_dict___9']['len']")
    assert spell("torch_dynamo_resume_in_f_at_12") == "torch_dynamo_resume_in_f_at_12"
    assert spell("x_1") != spell("x_2")


# results


Point = namedtuple("Point", "x y")


def places(a: Any, b: Any) -> list[str]:
    return [place for place, _, _ in Walk().differences("v", a, b)]


EQUAL: list[Callable[[], Any]] = [
    lambda: torch.tensor([1.0, float("nan")]),
    lambda: torch.ones(2, 2).to_sparse(),
    lambda: [1, 2.5, float("nan"), complex("nan"), "a", b"b", None, ..., True],
    lambda: {"a": (1, [2]), 3: {4}, None: frozenset("x")},
    lambda: Point(torch.ones(2), {"k": np.array([1.0, np.nan])}),
    lambda: torch.nn.BatchNorm1d(3),
    lambda: ValueError("no <Label object at 0x7f0012345678>"),
    lambda: Label(),
    lambda: (torch.float32, torch.device("cpu"), int, torch.Size([1]), np.float32(2)),
    lambda: {Label(), Label()},
]


@pytest.mark.parametrize("make", EQUAL)
def test_equal_results_are_equal(make: Callable[[], Any]) -> None:
    """A value equals one that is made the same way, NaN included."""
    torch.manual_seed(0)
    assert places(make(), make()) == []


def _grown() -> torch.nn.Module:
    module = torch.nn.BatchNorm1d(3)
    module.running_mean.add_(1)
    return module


SAME = torch.ones(2)
DIFFERENT: list[tuple[Any, Any, str]] = [
    (1, True, "v"),
    (1, 1.0, "v"),
    (0.0, -0.0, "v"),
    ([1], (1,), "v"),
    ([1, 2], [1], "len(v)"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "keys of v"),
    ({"a": [1]}, {"a": [2]}, "v['a'][0]"),
    (Point(1, 2), Point(1, 3), "v[1]"),
    ({1, 2}, {1, 3}, "v"),
    (torch.ones(2), torch.ones(2, dtype=torch.float64), "v.dtype"),
    (torch.ones(2), torch.ones(3), "v.shape"),
    (torch.ones(2), torch.zeros(2), "v"),
    (torch.ones(2, 2), torch.ones(2, 2).t(), ""),
    (torch.ones(2, 3), torch.ones(3, 2).t(), "v.stride()"),
    (torch.ones(2), torch.ones(2, requires_grad=True), "v.requires_grad"),
    (torch.nn.BatchNorm1d(3), _grown(), "v._buffers['running_mean']"),
    (torch.nn.ReLU(), torch.nn.ReLU().eval(), "v.training"),
    (ValueError("a"), ValueError("b"), "v"),
    (ValueError("a"), TypeError("a"), "v"),
    ([SAME, SAME], [torch.ones(2), torch.ones(2)], "v[1]"),
    ([torch.ones(2), torch.ones(2)], [SAME, SAME], "v[1]"),
    (np.ones(2), np.ones(2, dtype=np.float32), "v"),
    (lambda: 1, len, "v"),
]


@pytest.mark.parametrize(("a", "b", "place"), DIFFERENT)
def test_different_results_are_found(a: Any, b: Any, place: str) -> None:
    """A difference is found and named by its place, aliases and strides included."""
    if place:
        assert any(found == place or found.startswith(place) for found in places(a, b))
    else:
        assert places(a, b) == ["v.stride()"]


def test_exceptions_are_results() -> None:
    """A program that raises is compared, not passed on; both sides raise the same."""

    def program(x: torch.Tensor) -> torch.Tensor:
        raise KeyError(f"no {x.dim()}")

    comparison = compare(program, X)
    assert comparison, comparison
    assert isinstance(comparison.torch.outcomes[0].error, KeyError)
    assert "1 call raised" in str(comparison)


def test_full_graph_errors_are_compared() -> None:
    """With ``fullgraph`` a graph break is an error, the same one on both sides."""
    comparison = compare_calls(broken_in_two, [((X, "l"), {})], fullgraph=True)
    assert comparison, comparison
    assert comparison.torch.outcomes[0].error is not None


def test_arguments_and_module_state_are_compared_after_the_calls() -> None:
    """In-place changes of arguments and buffers are part of the result."""
    module = torch.nn.BatchNorm1d(3)

    def program(x: torch.Tensor, items: list[Any]) -> torch.Tensor:
        items.append(x.shape[0])
        return module(x.add_(1))

    calls = [((X.clone(), [1]), {}), ((torch.ones(5, 3), [1]), {})]
    comparison = compare_calls(program, calls)
    assert comparison, comparison
    assert [len(call[0][1]) for call in comparison.vartrack.calls] == [2, 2]


# the report


def test_report_is_readable() -> None:
    """An equal report says what was compared; a different one says what differs, and where."""
    comparison = compare_calls(broken_in_two, [((X, "a"), {})])
    torch_side = comparison.torch
    assert str(comparison) == (
        f"equal: {torch_side.graphs()} graphs, "
        f"{sum(len(frame.guards) for frame in torch_side.frames)} guards, "
        f"1 graph break, {torch_side.compiles()} compiles\n"
        "compared: torch's own builder, and vartrack on the registry 'stock'"
    )
    bad = compare_calls(scale, [((X, [2, 3]), {})], registry=with_visitor(UnguardedLists))
    text = str(bad)
    assert text.startswith("different in ")
    assert "scale" in text and "torch: " in text and "vartrack: (nothing)" in text


def test_both_sides_see_every_value() -> None:
    """Parts of values made while tracing are logged on both sides, not the outermost only."""

    def program(x: torch.Tensor) -> torch.Tensor:
        def inner(y: torch.Tensor, pair: Any = ((1, 2), {"k": [3]})) -> torch.Tensor:
            return y + pair[0][1] + pair[1]["k"][0]

        return inner(x) + len(x.shape) + divmod(7, 2)[1]

    comparison = compare(program, X)
    assert comparison, comparison
    assert comparison.torch.values == comparison.vartrack.values > 2
    built = [one for frame in comparison.vartrack.frames for one in frame.trackers]
    made = [one.type for one in built if one.source is None]
    whole = made.index("builtins.tuple")
    assert made[whole + 1 : whole + 3] == ["builtins.int", "builtins.int"], made


# it leaves everything as it was


@pytest.fixture
def nothing_changed() -> Iterator[None]:
    """Holds the process against its state before the test."""

    def state() -> list[Any]:
        return [
            builder.VariableBuilder,
            builder.SourcelessBuilder,
            vars(builder.VariableBuilder).get("__call__"),
            vars(builder.SourcelessBuilder)["create"],
            vars(builder.SourcelessBuilder)["_type_handlers"],
            *vars(builder.SourcelessBuilder)["_type_handlers"].values(),
            convert_frame._compile,
            guards.guard_manager_testing_hook_fn,
        ]

    counters["stats"]["of the test"] = 7
    counted = {name: dict(count) for name, count in counters.items()}
    rows = state()
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    rng = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    yield
    assert all(a is b for a, b in zip(rows, state(), strict=True))
    assert {name: dict(count) for name, count in counters.items()} == counted
    assert torch.equal(rng[0], torch.get_rng_state())
    assert rng[1] == random.getstate()
    assert rng[2] == np.random.get_state()[1].tolist()  # type: ignore[index]
    assert torch.is_grad_enabled()
    del counters["stats"]["of the test"]


def with_noise(x: torch.Tensor) -> Any:
    torch.set_grad_enabled(False)
    return x + torch.rand(3) + random.random() + float(np.random.rand())


@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace")
def test_random_numbers_are_the_same_on_both_sides(nothing_changed: None) -> None:
    """Both sides start from the caller's random state, which stays as it is."""
    comparison = compare_calls(with_noise, [((X,), {}), ((X,), {})])
    assert comparison, comparison
    first, second = (outcome.value for outcome in comparison.torch.outcomes)
    assert not torch.equal(first, second)


def test_everything_is_put_back_after_an_error(nothing_changed: None) -> None:
    """Also when the program is interrupted."""

    def program(x: torch.Tensor) -> torch.Tensor:
        interrupt()
        return x

    @torch._dynamo.disable
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(program, X)


def who_builds(seen: list[str]) -> Callable[..., Any]:
    @torch._dynamo.disable
    def look() -> None:
        installed = vartrack.is_installed()
        seen.append(f"{builder.VariableBuilder.__module__.split('.')[0]} {installed}")

    def program(x: torch.Tensor) -> torch.Tensor:
        look()
        return x + 1

    return program


def test_torch_runs_without_vartrack_although_it_is_installed(nothing_changed: None) -> None:
    """What is installed is uninstalled for torch's side, and is there again afterwards."""
    seen: list[str] = []
    registry = with_visitor(UnguardedLists)
    vartrack.install(registry)
    try:
        assert compare_calls(make=lambda: (who_builds(seen), [((X,), {})]))
        assert vartrack.active_registry() is registry
        on_it = compare_calls(scale, [((X, [2, 3]), {})])
        assert not on_it and on_it.registry == registry.name
        assert compare_calls(scale, [((X, [2, 3]), {})], registry=vartrack.stock)
        assert vartrack.is_installed()
    finally:
        vartrack.uninstall()
    assert seen == ["torch False", "vartrack True"]


def test_torch_runs_without_vartrack_inside_a_use_block(nothing_changed: None) -> None:
    """A ``use`` block around the comparison has a say in vartrack's side only."""
    registry = with_visitor(OneMore)
    with vartrack.use(registry):
        for program, call in ((times, (X, 3)), (windowed, (X,)), (broken_in_two, (X, "l"))):
            comparison = compare_calls(program, [(call, {})], registry=vartrack.stock)
            assert comparison, comparison
        assert not compare_calls(times, [((X, 3), {})])
        assert vartrack.active_registry() is registry


def test_arguments_are_copied_together() -> None:
    """The caller's objects are not touched, and what they share is shared on each side."""
    module = torch.nn.Linear(3, 3)
    weights = [module.weight]
    before = module.weight.detach().clone()

    def program(module: torch.nn.Module, weights: list[Any], x: torch.Tensor) -> Any:
        with torch.no_grad():
            weights[0].add_(1)
        weights.append(module)
        return module(x)

    comparison = compare(program, module, weights, X)
    assert comparison, comparison
    assert comparison.notes == ()
    assert weights == [module.weight] and torch.equal(module.weight, before)
    for side in (comparison.torch, comparison.vartrack):
        (copy, shared, _), _ = side.calls[0]
        assert copy is not module and shared[0] is copy.weight and shared[1] is copy


def test_variables_of_a_closure_are_copied() -> None:
    """A program that changes what it closes over runs twice from the same start."""
    module = torch.nn.BatchNorm1d(3)
    seen: list[int] = []

    def program(x: torch.Tensor) -> torch.Tensor:
        seen.append(1)
        return module(x) * len(seen)

    comparison = compare_calls(program, [((X,), {}), ((X,), {})])
    assert comparison, comparison
    assert seen == [] and module.num_batches_tracked == 0


def test_what_cannot_be_copied_is_used_as_it_is_and_noted() -> None:
    """A tensor inside an autograd graph cannot be copied; the report says so."""
    inside = (X.clone().requires_grad_() * 2, {"scale": 2})
    comparison = compare(lambda pair, x: pair[0] * pair[1]["scale"] + x, inside, X)
    assert comparison, comparison
    assert any("argument 1 of call 1" in note for note in comparison.notes)
    assert "note: " in str(comparison)


def test_a_run_that_changes_the_process_is_repeated() -> None:
    """What a first run leaves behind in the process is not blamed on the second."""
    calls: list[str] = []

    def make() -> Any:
        first = not calls
        calls.append("made")
        return (lambda x: x + 1 if first else x + 2), [((X,), {})]

    comparison = compare_calls(make=make)
    assert comparison, comparison
    assert len(calls) == 4
    assert any("second run" in note for note in comparison.notes)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fn": scale},
        {"calls": []},
        {"fn": scale, "calls": [], "make": lambda: (scale, [])},
        {"calls": [], "make": lambda: (scale, [])},
        {"fn": 3, "calls": []},
        {"fn": torch.compile(scale, backend="eager"), "calls": []},
        {"fn": torch.compile(torch.nn.Linear(2, 2), backend="eager"), "calls": []},
        {"fn": scale, "calls": [(X, [2, 3])]},
        {"fn": scale, "calls": [X]},
        {"fn": scale, "calls": [3]},
        {"fn": scale, "calls": [((X, [2, 3]), {}, {})]},
        {"fn": scale, "calls": [((X,), {1: 2})]},
        {"make": lambda: (torch.compile(scale, backend="eager"), [])},
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], nothing_changed: None) -> None:
    """Not both of ``fn`` and ``make``, not neither, and what is compared can be compiled."""
    with pytest.raises(TypeError, match=r"\[VT70\d\].*\n  To fix it: "):
        compare_calls(**options)


def test_results_come_first_and_what_has_one_cause_is_told_once() -> None:
    class Wrong(Integers):
        def visit_sourced(self, ctx: BuilderContext, value: int) -> VariableTracker:
            return ConstantVariable.create(value + 1, source=ctx.source)

    def adding(x: torch.Tensor, numbers: list[int]) -> torch.Tensor:
        return x + numbers[0] + numbers[1]

    registry = with_visitor(Wrong)
    registry.register(UnguardedLists, override=True)
    comparison = compare_calls(adding, [((X, [3, 3]), {})], registry=registry)
    kinds = [difference.what for difference in comparison.differences]
    assert kinds[0] == "result" and "graph" in kinds and "guard" in kinds
    assert [kind for n, kind in enumerate(kinds) if kind not in kinds[:n]] == list(
        comparison.causes
    )
    text = str(comparison)
    assert text.index("\nresult: ") < text.index("\ngraph: ") < text.index("\nguard: ")
    assert "vartrack on the registry 'a broken one'" in text


def test_a_method_in_c_is_compared_by_what_it_belongs_to() -> None:
    """Each side has one of its own, at another address."""

    def make() -> Any:
        return (lambda x, v: x + 1), [((torch.ones(1), {"v": [1].append}), {})]

    assert compare_calls(make=make), str(compare_calls(make=make))


def test_tensors_of_a_class_that_is_made_anew_are_compared() -> None:
    def make() -> Any:
        cls = type("Sub", (torch.Tensor,), {})
        return (lambda x, v: x + 1), [((torch.ones(1), [torch.ones(2).as_subclass(cls)]), {})]

    assert compare_calls(make=make), str(compare_calls(make=make))


class Wrapped(torch.Tensor):
    """A wrapper that knows how to be detached, and no other operator, as quantized tensors are."""

    parts: dict[str, torch.Tensor]

    @staticmethod
    def __new__(cls, **parts: torch.Tensor) -> Wrapped:
        self = torch.Tensor._make_wrapper_subclass(cls, (2,))
        self.parts = parts
        return self

    def __getattr__(self, name: str) -> torch.Tensor:
        if name in self.__dict__.get("parts", ()):
            return self.parts[name]
        raise AttributeError(name)

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return list(self.parts), None

    @classmethod
    def __tensor_unflatten__(cls, parts: Any, *_: Any) -> Wrapped:
        return cls(**parts)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.detach.default:
            return cls(**args[0].parts)
        raise NotImplementedError(func)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ({"a": torch.ones(2)}, {"a": torch.ones(2)}, True),
        ({"a": torch.ones(2)}, {"a": torch.zeros(2)}, False),
        ({"a": torch.ones(2)}, {"a": torch.ones(1)}, False),
        ({"a": torch.ones(2)}, {"b": torch.ones(2)}, False),
        ({"a": torch.ones(2, dtype=torch.int8)}, {"a": torch.ones(2, dtype=torch.int8)}, True),
    ],
)
def test_tensors_made_of_others_are_compared_by_these(
    one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], same: bool
) -> None:
    assert ("v" not in places(Wrapped(**one), Wrapped(**other))) is same


def test_nested_tensors_are_compared_by_all_of_their_sizes() -> None:
    def nested(*sizes: int) -> torch.Tensor:
        return torch.nested.nested_tensor([torch.ones(size) for size in sizes])

    assert not places(nested(2, 3), nested(2, 3))
    assert places(nested(2, 3), nested(2, 4)) == ["v.shape"]


def test_the_sizes_of_rows_are_counted_by_the_process() -> None:
    """Which number one has says nothing, but whether two are the same one does."""

    def rows() -> torch.SymInt:
        nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)
        return nested.shape[1]

    one, other, third = rows(), rows(), rows()
    assert not places([one, one], [other, other])
    assert places([one, one], [other, third]) == ["v[1]"]


def test_parameters_without_a_shape_are_compared_by_what_they_say() -> None:
    def lazy(**named: Any) -> torch.nn.Module:
        return torch.nn.LazyLinear(2, **named)

    assert not places(lazy(), lazy())
    found = places(lazy(), lazy(dtype=torch.float64))
    assert found and all(place.endswith(".dtype") for place in found)


def test_what_a_fake_mode_counts_over_the_process_is_not_compared() -> None:
    def faked() -> torch.Tensor:
        with FakeTensorMode() as mode:
            return mode.from_tensor(torch.ones(2))

    assert not places([faked(), 1], [faked(), 1])
    assert places([faked(), 1], [faked(), 2]) == ["v[1]"]


def test_the_number_of_an_identity_is_no_part_of_a_reason() -> None:
    told = "Unsupported: Reconstruction of FakeIdVariable\n  Developer debug context: {}"
    assert break_reason(told.format(8775989004306)) == break_reason(told.format(8775989004326))
    assert break_reason(told.format(12)) != break_reason(told.format(13))


class ByRow(dict):
    """A mapping that is iterated over by rows, as a ``TensorDict`` is."""

    def __iter__(self) -> Iterator[Any]:
        yield from range(2)


def test_a_mapping_is_compared_by_its_keys_and_not_by_what_it_iterates_over() -> None:
    assert not places(ByRow(a=1), ByRow(a=1))
    assert places(ByRow(a=1), ByRow(a=2)) == ["v['a']"]


def test_hooks_of_modules_are_compared_and_not_their_numbers() -> None:
    def hooked(hook: Any) -> torch.nn.Module:
        module = torch.nn.Linear(1, 1)
        torch.nn.init.zeros_(module.weight)
        torch.nn.init.zeros_(module.bias)
        module.register_forward_hook(hook, with_kwargs=True)
        return module

    def other(*args: Any) -> None:
        return None

    assert not places(hooked(append), hooked(append))
    assert places(hooked(append), hooked(other)) == ["v._forward_hooks[0]"]


def test_globals_in_bytecode_are_spelled_by_their_module() -> None:
    code = append.__code__.replace(co_consts=(globals(), *append.__code__.co_consts[1:]))
    consts = f"LOAD_CONST globals of {__name__}"
    code = code.replace(co_code=bytes([dis.opmap["LOAD_CONST"], 0]) * 2)
    assert list(_bytecode(code)) == [consts, consts]
