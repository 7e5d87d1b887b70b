"""What comes before the shape policy and feeds it: the same contexts as torch's, from made states."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import torch
from policy_state import (
    LISTS,
    Asker,
    demanded,
    hinted_source,
    inside_a_compile,
    listed,
    there_are,
    told,
)
from specs import ShapeVar, TensorSpec, in_force, needs_specs
from torch._dynamo import config, pgo
from torch._dynamo.comptime import comptime
from torch._dynamo.decorators import mark_dynamic, mark_static, mark_unbacked, maybe_mark_dynamic
from torch._dynamo.source import (
    AttrSource,
    LocalSource,
    UnspecializedParamBufferSource,
)
from torch._dynamo.source import (
    UnspecializedNNModuleSource as _Module,
)
from torch._dynamo.utils import tensor_always_has_static_shape
from torch._dynamo.variables import builder
from torch.fx.experimental.symbolic_shapes import DimDynamic, StrictMinMaxConstraint
from torch.testing._internal.two_tensor import TwoTensor
from torch.utils._sympy.value_ranges import ValueRanges

import vartrack
from vartrack.compat import behaviour
from vartrack.graph import fake_tensors
from vartrack.shapes import tensor_policy

X = LocalSource("x", is_input=True)
SIZES = (0, 1, 5)


def rows(n: int) -> Any:
    return torch.ones(n, 3)


def marked(n: int) -> Any:
    x = rows(n)
    mark_dynamic(x, 0)
    return x


def jagged(n: int) -> Any:
    parts = [torch.ones(k, 3) for k in range(1, n + 2)]
    return torch.nested.nested_tensor(parts, layout=torch.jagged)


def view_of_marked(n: int) -> Any:
    return marked(n + 1)[1:]


def marked_twos(n: int) -> Any:
    x = TwoTensor(rows(n), rows(n))
    mark_dynamic(x, 0)
    maybe_mark_dynamic(x.b, 1)
    return x


TENSORS: dict[str, Callable[[int], Any]] = {
    "plain": rows,
    "number": lambda n: torch.tensor(n),
    "marked": marked,
    "transposed": lambda n: rows(n).t(),
    "overlapping": lambda n: torch.ones(9).as_strided((n, 3), (1, 1)),
    "spread": lambda n: torch.empty_strided((n, 3), (0, 0)),
    "view": lambda n: rows(n + 1)[1:],
    "view of marked": view_of_marked,
    "wrapper": lambda n: TwoTensor(rows(n), rows(n)),
    "marked wrapper": marked_twos,
    "view of a wrapper": lambda n: TwoTensor(rows(n + 1), rows(n + 1))[1:],
    "jagged": jagged,
    "parameter": lambda n: torch.nn.Parameter(rows(n)),
}


def test_tensors_of_every_kind_and_size() -> None:
    """First seen, seen again, and in another size; static and not."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for (name, make), static in itertools.product(TENSORS.items(), (False, True)):
            for first, second in itertools.product(SIZES, SIZES):
                asker.hold(make(first), X, static)
                entry = asker.history.get(X.name)
                context = asker.hold(make(second), X, static, entry)
                if name == "plain":
                    changed = DimDynamic.DYNAMIC if first != second else DimDynamic.STATIC
                    expected = DimDynamic.STATIC if static else changed
                    assert context.dynamic_sizes == [expected, DimDynamic.STATIC]

    inside_a_compile(ask)


SPARSE: list[Callable[[int], Any]] = [
    lambda n: rows(n).to_sparse_coo(),
    lambda n: rows(n).to_sparse_csr(),
]


@pytest.mark.filterwarnings("ignore:Sparse")
def test_sparse_tensors() -> None:
    """They have no strides to learn from, so neither of the two can be asked outside of export."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for make, n in itertools.product(SPARSE, SIZES):
            with config.patch(automatic_dynamic_shapes=False):  # as export has it
                asker.hold(make(n), X)
            asker.hold(make(n), X, True)
            theirs, ours = asker.refused(make(n), X)
            assert type(theirs) is type(ours) is IndexError

    inside_a_compile(ask)


HISTORIES: dict[str, list[Any]] = {
    "the same again": [rows(4), rows(4)],
    "another size": [rows(4), rows(5)],
    "back to the first size": [rows(4), rows(5), rows(4)],
    "one size, then the other": [rows(4), torch.ones(4, 7), rows(5)],
    "another rank": [rows(4), torch.ones(4), torch.ones(4, 3)],
    "another stride": [torch.ones(9, 9)[:4, :3], torch.ones(4, 3)],
    "another order": [torch.ones(4, 3), torch.ones(3, 4).t()],
    "stride and size": [torch.ones(9, 9)[:4, :3], torch.ones(5, 3)],
    "a mark and then none": [marked(4), rows(4)],
    "a number before": [4, rows(4)],
}


@pytest.mark.parametrize("automatic", [True, False])
def test_histories(automatic: bool) -> None:
    """What calls before showed is remembered by both in the same way, and decides the same."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for calls in HISTORIES.values():
            entry: Any = None
            for each in calls:
                if isinstance(each, int):
                    entry = pgo.FrameStateSizeEntry.make_scalar(each)
                    continue
                asker.hold(each, X, False, entry)
                entry = asker.history.get(X.name)

    with config.patch(automatic_dynamic_shapes=automatic):
        inside_a_compile(ask)


@pytest.mark.parametrize("others", [[(4, 3)], [(5, 3)], [(5, 4)], [(4, 3), (6, 3)], [(4,)]])
def test_what_other_ranks_saw_is_merged(others: list[tuple[int, ...]]) -> None:
    """With a shared history each rank's sizes count; before that, nothing is learnt."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        x = rows(4)

        def seen(*size: int) -> Any:
            entry = pgo.FrameStateSizeEntry.make_tensor(size, torch.ones(size).stride())
            return SimpleNamespace(automatic_dynamic={X.name: entry})

        local = SimpleNamespace(automatic_dynamic={})
        tx.distributed_state = SimpleNamespace(all_states=None, local_state=local)
        preflight = asker.hold(x, X)
        assert preflight.dynamic_sizes == [DimDynamic.STATIC] * 2
        assert X.name in local.automatic_dynamic
        states = [seen(4, 3), *[seen(*size) for size in others]]
        tx.distributed_state = SimpleNamespace(all_states=states, local_state=states[0])
        try:
            merged = asker.hold(x, X)
        finally:
            tx.distributed_state = None
        moves = [
            any(len(size) != 2 or size[dim] != x.size(dim) for size in others) for dim in (0, 1)
        ]
        kinds = [DimDynamic.DYNAMIC if each else DimDynamic.STATIC for each in moves]
        assert merged.dynamic_sizes == kinds

    inside_a_compile(ask)


def test_symbolic_sizes_stay_what_they_are() -> None:
    """A tensor of a trace around this one keeps its symbols, whatever else is said of it."""

    def ask(tx: Any) -> None:
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.fx.experimental.symbolic_shapes import ShapeEnv

        mode = FakeTensorMode(shape_env=ShapeEnv())
        backed = mode.from_tensor(torch.ones(4, 3), static_shapes=False)
        assert isinstance(backed.size(0), torch.SymInt)
        unbacked = mode.shape_env.create_unbacked_symint()
        with mode:
            mixed = torch.empty(unbacked, 3)
        asker = Asker(tx)
        for tensor, static in itertools.product((backed, mixed), (False, True)):
            context = asker.hold(tensor, X, static)
        first = context.dynamic_sizes[0]
        assert (first is DimDynamic.UNBACKED) is behaviour.KEEPS_UNBACKED_SYMBOLS

    inside_a_compile(ask)


@pytest.mark.parametrize(
    "lists",
    [
        {"dynamic_sources": "L['x']"},
        {"dynamic_sources": "L['x']:1"},
        {"dynamic_sources": "L\\['.'\\]:0, L['y']"},
        {"dynamic_sources": "L['y']"},
        {"unbacked_sources": "L['x']:0", "dynamic_sources": "L['x']:1"},
        {"unbacked_sources": "L['x']:0", "dynamic_sources": "L['x']:0"},
        {"dynamic_values": "4, 7"},
        {"dynamic_values": "0,1", "unbacked_sources": "L['x']"},
        {"static_sources": "L['x']:0", "dynamic_sources": "L['x']"},
    ],
    ids=str,
)
def test_lists_by_dimension_and_pattern(lists: dict[str, str]) -> None:
    if not there_are(lists):
        pytest.skip("there is no such list")

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        with listed(lists):
            for n, static in itertools.product((*SIZES, 4), (False, True)):
                asker.hold(rows(n), X, static)
                asker.hold(marked(n), AttrSource(X, "y"), static)

    inside_a_compile(ask)


@needs_specs
def test_a_shapes_spec_decides_alone() -> None:
    """Under a spec no mark, no list and no history counts, for tensors it says nothing of too."""
    n = ShapeVar("n")

    def ask(tx: Any) -> None:
        specs: list[Any] = [None, TensorSpec([None, 3]), TensorSpec([4, None])]
        for spec, make in itertools.product(specs, (rows, marked)):
            with listed({"dynamic_sources": "L['x']"}):
                theirs = builder._automatic_dynamic(make(4), tx, X, False, tensor_spec=spec)
                context = tensor_policy.context_of(tx, make(4), X, False, spec=spec)
            assert told(theirs) == told(context)
            assert context.dynamic_sizes == [DimDynamic.STATIC] * 2

    with in_force(x=TensorSpec([n, None])):
        inside_a_compile(ask)


def test_export_constraints_on_one_dimension_meet() -> None:
    """Two names for one dimension: both ranges hold, and the first name is told."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        x, other = rows(4), rows(4)
        for bounds in ([(2, 9)], [(2, 9), (3, 20)], [(2, 9), (3, 20), (4, 4)]):
            ranges = [StrictMinMaxConstraint(vr=ValueRanges(*b), warn_only=False) for b in bounds]
            made = [demanded(x, 0, each) for each in ranges]
            tx.output.export_constraints = [*made, demanded(other, 1, ranges[0])]
            asker.hold(x, X)

    inside_a_compile(ask)


def test_hints_of_examples_reach_parts() -> None:
    """A hint is by the name of a source and by dimension."""

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for hints in ([True, False], [False, True], [True, True]):
            source = hinted_source(hints)
            asker.hold(rows(4), source)
            asker.hold(rows(4), AttrSource(source, "part"))

    inside_a_compile(ask)


def test_settings_are_read_once_for_all_dimensions() -> None:
    """However many dimensions there are; torch reads them for each."""
    reads: list[str] = []
    classes = {type(config), type(torch.compiler.config)}
    originals = {cls: cls.__getattr__ for cls in classes}

    def counted(ask: Callable[..., Any], *args: Any) -> int:
        reads.clear()
        ask(*args)
        return len(reads)

    def ask(tx: Any) -> None:
        for make in (rows, marked, lambda n: torch.ones([n] * 6)):
            lists = {"dynamic_sources": "L['y'], L['x']:0", "dynamic_values": "7"}
            x, lists = make(4), {name: lists[name] for name in lists if name in LISTS}
            for texts in ({}, lists):
                with listed(texts), contextlib.ExitStack() as stack:
                    for cls in classes:
                        get = originals[cls]

                        def note(self: Any, name: str, get: Any = get) -> Any:
                            reads.append(name)
                            return get(self, name)

                        stack.enter_context(mock.patch.object(cls, "__getattr__", note))
                    ours = counted(tensor_policy.context_of, tx, x, X, False)
                    assert max(reads.count(name) for name in reads) <= 2, reads
                    theirs = counted(builder._automatic_dynamic, x, tx, X, False)
                assert 0 < ours < theirs

    inside_a_compile(ask)


# which tensors have to be static, and what they become


def _module_source(kind: Any) -> Any:
    return kind(LocalSource("self", is_input=True))


SOURCES: dict[str, Callable[[], Any]] = {
    "argument": lambda: X,
    "of a module": lambda: AttrSource(_module_source(_Module), "x"),
    "registered": lambda: UnspecializedParamBufferSource(_module_source(_Module), "x"),
}
FLAGS = ("force_parameter_static_shapes", "force_nn_module_property_static_shapes")


@pytest.mark.parametrize("is_tensor", [True, False])
def test_parameters_and_buffers_are_static_if_the_settings_say_so(is_tensor: bool) -> None:
    """Every kind of tensor and source under each setting: made fake by both, from size 0 on."""
    statics = set()

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        tx.output.export_constraints = []
        parameter = TENSORS["parameter"]
        for make, source, n, *flags in itertools.product(
            (rows, marked, parameter, lambda n: torch.nn.Buffer(rows(n))),
            SOURCES.values(),
            SIZES,
            (True, False),
            (True, False),
        ):
            settings = {"assume_static_by_default": False, **dict(zip(FLAGS, flags, strict=True))}
            with config.patch(settings):
                made = []
                for convert in (_by_torch, fake_tensors.to_fake):
                    asker.history.clear()
                    tensor, place = make(n), source()
                    result = convert(tx, tensor, place, is_tensor=is_tensor)
                    context = tx.output.tracing_context.tensor_to_context.pop(tensor)
                    made.append((_plain(context), [type(size) for size in result.size()]))
                assert made[0] == made[1]
                static, _ = tensor_always_has_static_shape(tensor, is_tensor, tensor_source=place)
                statics.add(static)

    inside_a_compile(ask)
    assert statics == ({True, False} if is_tensor else {True})


def _by_torch(tx: Any, tensor: Any, source: Any, *, is_tensor: bool) -> Any:
    return builder.wrap_to_fake_tensor_and_record(tensor, tx, source=source, is_tensor=is_tensor)


def _plain(context: Any) -> Any:
    """The context without the cache of symbols, whose names count up."""
    kind, data = told(context)
    return kind, {key: value for key, value in data.items() if "cache" not in key}


# a sample, confirmed by compiling


def _bounded(x: Any) -> None:
    mark_dynamic(x, 0, min=2, max=64)


def _strictly(x: Any) -> None:
    mark_unbacked(x, 0, strict=True)


COMPILED: dict[str, Callable[[Any], None]] = {
    "plain": lambda x: None,
    "dynamic": lambda x: mark_dynamic(x, 0),
    "bounded": _bounded,
    "weak": lambda x: maybe_mark_dynamic(x, 0),
    "unbacked": lambda x: mark_unbacked(x, 0),
    "strict": _strictly,
    "static": lambda x: mark_static(x, 0),
    "static and dynamic": lambda x: (mark_static(x, 0), mark_dynamic(x, 0)),
    "unbacked and static": lambda x: (mark_unbacked(x, 0), mark_static(x, 0)),
    "weak and static": lambda x: (maybe_mark_dynamic(x, 0), mark_static(x, 0)),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "as they are": {},
    "not assumed static": {"assume_static_by_default": False},
    "not automatic": {"automatic_dynamic_shapes": False},
    "unbacked": {"automatic_dynamic_shapes_mark_as": "unbacked"},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_sample_is_confirmed_by_compiling(setting: str) -> None:
    """Compiled for two sizes, every input has the context that torch gives it."""
    for name, mark in COMPILED.items():
        with config.patch(SETTINGS[setting]):
            theirs = _compiled(mark)
            with vartrack.use(vartrack.stock):
                ours = _compiled(mark)
        assert theirs == ours, name
        assert len(theirs) >= 1


def _compiled(mark: Callable[[Any], None]) -> list[Any]:
    """The contexts of the input in each compile."""
    found: list[Any] = []

    def note(ctx: Any) -> None:
        tracked = ctx._ComptimeContext__tx.output.tracked_fakes
        found.append([_plain(each.symbolic_context) for each in tracked])

    def program(x: Any) -> Any:
        y = x * 2
        comptime(note)
        return y

    torch._dynamo.reset()
    compiled = torch.compile(program, backend="eager", fullgraph=True)
    for n in (4, 5):
        x = rows(n)
        mark(x)
        compiled(x)
    torch._dynamo.reset()
    return found
