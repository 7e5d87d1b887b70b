"""The shape policy: what it decides, told in words, and held against torch's own decision."""

from __future__ import annotations

import contextlib
import copy
import itertools
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch._dynamo
from torch._dynamo import config, pgo
from torch._dynamo.comptime import comptime
from torch._dynamo.decorators import mark_dynamic, mark_static, mark_unbacked, maybe_mark_dynamic
from torch._dynamo.source import LocalSource
from torch._dynamo.utils import get_metrics_context
from torch._dynamo.variables import builder
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    RelaxedUnspecConstraint,
    StatefulSymbolicContext,
    StrictMinMaxConstraint,
)
from torch.utils._sympy.value_ranges import ValueRanges

from vartrack import compat
from vartrack.graph_inputs import frame_history, tensor_policy
from vartrack.graph_inputs.shape_policy import Decision, Facts, decide

# torch's test helpers freeze these flags for the whole process when they are imported
torch.backends.__allow_nonbracketed_mutation_flag = True

STATIC, DYNAMIC, UNBACKED, DUCK = (
    DimDynamic.STATIC,
    DimDynamic.DYNAMIC,
    DimDynamic.UNBACKED,
    DimDynamic.DUCK,
)
ON_215 = compat.runs_on(">=2.15")
RANGE = ValueRanges(2, 64)
STRICT = RelaxedUnspecConstraint(warn_only=False)
ADVICE = RelaxedUnspecConstraint(warn_only=True)
DEMAND = StrictMinMaxConstraint(vr=ValueRanges(3, 9), warn_only=False)


# the sweep: every combination that can be made on a tensor, by torch and by vartrack


class _Stop(Exception):
    """Ends the compile once everything was asked."""


def inside_a_compile(ask: Callable[[Any], None]) -> None:
    """Call ``ask`` with the tracer of a compile through torch's own builder."""
    reached = []

    def tell(ctx: Any) -> None:
        ask(ctx._ComptimeContext__tx)
        reached.append(True)
        raise _Stop

    def program() -> None:
        comptime(tell)

    torch._dynamo.reset()
    try:
        torch.compile(program, backend="eager")()
    except Exception:
        if not reached:
            raise
    finally:
        torch._dynamo.reset()


def told(context: Any) -> Any:
    """A symbolic context as plain data."""
    if context is None:
        return None
    data = {field.name: getattr(context, field.name) for field in fields(context)}
    data["view_base_context"] = told(data["view_base_context"])
    if "inner_contexts" in data:
        data["inner_contexts"] = {key: told(c) for key, c in data["inner_contexts"].items()}
    return type(context), data


class Asker:
    """Asks torch and vartrack for the context of a tensor, from the same state.

    Attributes:
        facts: everything that vartrack's policy was told, once each.
        asked: how often both were asked.
        dimensions: for how many dimensions.
    """

    def __init__(self, tx: Any) -> None:
        self.tx = tx
        self.facts: set[Facts] = set()
        self.asked = self.dimensions = 0
        code = pgo.CodeId.make(tx.f_code, *_closure(tx))
        self.history = pgo.get_code_state()[code].automatic_dynamic

    def hold(
        self, tensor: Any, source: Any, static: bool = False, earlier: Any = None, **options: Any
    ) -> Any:
        """Ask both and have them agree: on the context, the history and what is counted."""
        theirs = self._state(earlier, source)
        torchs = builder._automatic_dynamic(tensor, self.tx, source, static, **options)
        after = theirs()
        ours = self._state(earlier, source)
        vartracks = tensor_policy.context_of(self.tx, tensor, source, static, **options)
        now = ours()
        assert told(torchs) == told(vartracks), self._explained(tensor, torchs, vartracks)
        assert after == now
        self.asked += 1
        self.dimensions += tensor.dim()
        return vartracks

    def _state(self, earlier: Any, source: Any) -> Callable[[], Any]:
        """Set the state that both begin with; gives what reads the state at the end."""
        self.history.clear()
        if earlier is not None:
            self.history[source.name] = copy.copy(earlier)
        names = self.tx.output.shape_env.source_name_to_debug_name
        names.clear()
        features = get_metrics_context()._metrics.setdefault("feature_usage", {})
        features.pop("dynamo.automatic_dynamic_shapes", None)

        def read() -> Any:
            seen = {
                name: (entry.size, entry.stride, entry.scalar, entry.excluded_sizes)
                for name, entry in self.history.items()
            }
            return seen, dict(names), features.get("dynamo.automatic_dynamic_shapes")

        return read

    def _explained(self, tensor: Any, torchs: Any, vartracks: Any) -> str:
        rows = [f"{tuple(tensor.shape)} {vars(tensor)}"]
        if isinstance(torchs, StatefulSymbolicContext):
            for name in ("dynamic_sizes", "dynamic_strides", "constraint_sizes"):
                for dim, pair in enumerate(
                    zip(getattr(torchs, name), getattr(vartracks, name), strict=True)
                ):
                    if pair[0] != pair[1]:
                        rows.append(f"{name}[{dim}]: torch {pair[0]}, vartrack {pair[1]}")
        return "\n".join(rows)


def _closure(tx: Any) -> tuple[Any, ...]:
    return (tx.closure,) if hasattr(tx, "closure") else ()


#: What `mark_dynamic` and its like do to a dimension, by the fact that it makes.
DYNAMIC_MARKS: dict[str, Callable[[Any, int], None]] = {
    "": lambda x, dim: None,
    "dynamic": lambda x, dim: mark_dynamic(x, dim),
    "bounded": lambda x, dim: mark_dynamic(x, dim, min=2, max=64),
}
WEAK_MARKS: dict[str, Callable[[Any, int], None]] = {
    "": lambda x, dim: None,
    "weak": lambda x, dim: maybe_mark_dynamic(x, dim),
    "propagated": lambda x, dim: (
        vars(x).setdefault("_dynamo_propagated_dynamic_indices", set()).add(dim)
    ),
}
if ON_215:
    WEAK_MARKS["weak, bounded"] = lambda x, dim: maybe_mark_dynamic(x, dim, min=2, max=64)
OTHER_MARKS: dict[str, Callable[[Any, int], None]] = {
    "unbacked": lambda x, dim: mark_unbacked(x, dim),
    "strict": lambda x, dim: mark_unbacked(x, dim, strict=True),
    "static": lambda x, dim: mark_static(x, dim),
}
LISTS = ("dynamic_sources", "unbacked_sources", "dynamic_values") + (
    ("static_sources",) if ON_215 else ()
)
CONFIG: dict[str, tuple[Any, ...]] = {
    "automatic_dynamic_shapes": (True, False),
    "assume_static_by_default": (True, False),
    "allow_ignore_mark_dynamic": (False, True),
    "automatic_dynamic_shapes_mark_as": ("dynamic", "unbacked"),
}


#: Which of the combinations with a hint are tried; a hint works as a changed size does.
SEED = 5


def each_dimension() -> list[tuple[Any, ...]]:
    """All that can be said of one dimension: marks, history, an export constraint, a hint.

    All combinations without a hint, and a quarter of those with one.
    """
    without_hint = list(
        itertools.product(
            DYNAMIC_MARKS.values(),
            WEAK_MARKS.values(),
            *[(None, mark) for mark in OTHER_MARKS.values()],
            (False, True),  # its size changed
            (None, DEMAND),
            (False,),
        )
    )
    hinted = [(*dim[:-1], True) for dim in without_hint]
    return without_hint + random.Random(SEED).sample(hinted, len(hinted) // 4)


def test_every_pair_of_what_can_be_said_is_there() -> None:
    """Sampling leaves no pair of values out."""
    columns = list(zip(*each_dimension(), strict=True))
    for one, other in itertools.combinations(columns, 2):
        pairs = set(zip(one, other, strict=True))
        assert len(pairs) == len(set(one)) * len(set(other))


@contextlib.contextmanager
def configured(values: Iterable[Any]) -> Iterator[None]:
    with config.patch(dict(zip(CONFIG, values, strict=True))):
        yield


@contextlib.contextmanager
def listed(names: Iterable[str]) -> Iterator[None]:
    """Have the dimensions of the tensor named by these lists: by value 2, or by source."""
    with contextlib.ExitStack() as stack:
        for name in names:
            text = "2" if name == "dynamic_values" else "L['x']"
            stack.enter_context(torch.compiler.config.patch(name, text))
        yield


class Swept:
    """A tensor of many dimensions, each with its own marks.

    The order in which dimensions are looked at counts, since a mark changes the history of the
    whole tensor: so the dimensions come in the order given.
    """

    def __init__(self, dims: list[tuple[Any, ...]], strides_changed: bool) -> None:
        count = len(dims)
        # all of one size, and no memory to speak of
        self.tensor: Any = torch.empty_strided((2,) * count, (0,) * count)
        self.constraints: list[Any] = []
        hints = []
        fresh = SimpleNamespace(size=[2] * count)
        for dim, (hard, weak, unbacked, strict, static, changed, demand, hint) in enumerate(dims):
            for mark in (weak, hard, unbacked, strict, static):
                if mark is not None:
                    mark(self.tensor, dim)
            if changed:
                fresh.size[dim] = pgo.auto_dynamic
            if demand is not None:
                self.constraints.append(
                    SimpleNamespace(
                        t_id=id(self.tensor), dim=dim, constraint_range=demand, name=f"d{dim}"
                    )
                )
            hints.append(hint)
        self.source = LocalSource(
            "x", is_input=True, dynamism=(("L['x']", tuple(hints)),) if any(hints) else None
        )
        self.sizes = tuple(fresh.size)
        self.strides_changed = strides_changed
        self._earlier: Any = None

    def earlier(self, tx: Any) -> Any:
        """What earlier compiles saw of it."""
        if self._earlier is None:
            entry = copy.copy(frame_history.record_tensor(tx, "another name", self.tensor))
            entry.size = self.sizes
            if self.strides_changed:
                entry.stride = (pgo.auto_dynamic,) * len(self.sizes)
            self._earlier = entry
        return self._earlier


def sweep(dims_at_once: int = 12) -> list[Swept]:
    """Tensors that have, together, every combination of what can be said of a dimension.

    Changed strides only count in a tensor whose sizes are all static; so they get tensors of
    their own, with the dimensions first that are not marked dynamic.
    """
    every = each_dimension()
    still = [dim for dim in every if not dim[5]]
    calm = [dim for dim in still if dim[0] is DYNAMIC_MARKS[""] and not dim[7]]
    lively = [dim for dim in still if dim[0] is not DYNAMIC_MARKS[""] or dim[7]]

    def cut(dims: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        for start in range(0, len(dims), dims_at_once):
            yield dims[start : start + dims_at_once]

    tensors = [Swept(dims, False) for dims in cut(every)]
    tensors += [Swept([*dims, lively[number]], True) for number, dims in enumerate(cut(calm))]
    return tensors


def test_every_combination_is_decided_as_torch_decides_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks, lists, history, export constraints, config: the same context, for all of them."""
    began = time.perf_counter()
    seen: set[Facts] = set()

    def noting(facts: Facts) -> Decision:
        seen.add(facts)
        return decide(facts)

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        tensors = sweep()
        tx.output.export_constraints = []
        for values in itertools.product(*CONFIG.values()):
            for count in range(len(LISTS) + 1):
                for names in itertools.combinations(LISTS, count):
                    with configured(values), listed(names):
                        for number, swept in enumerate(tensors):
                            tx.output.export_constraints = swept.constraints
                            asker.hold(swept.tensor, swept.source, False, swept.earlier(tx))
                            # a static tensor has a way out of its own, unless it is listed
                            if number % 4 == 0 and ("dynamic_sources" in names or number < 9):
                                asker.hold(swept.tensor, swept.source, True, swept.earlier(tx))
        counts.update(calls=asker.asked, dimensions=asker.dimensions)

    counts: dict[str, int] = {}
    monkeypatch.setattr(tensor_policy, "decide", noting)
    inside_a_compile(ask)
    with capsys.disabled():
        print(
            f"\n  {len(seen):,} combinations of facts, in {counts['dimensions']:,} dimensions of "
            f"{counts['calls']:,} tensors, took {time.perf_counter() - began:.0f} s (seed {SEED})"
        )
