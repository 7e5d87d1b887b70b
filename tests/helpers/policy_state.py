"""States that the shape policy decides in, made without a compile for each, and asked of torch.

One compile through torch's own builder is held open; in it torch's decision and vartrack's are
asked for with the same marks, history, lists and settings.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
import torch._dynamo
from torch._dynamo import config, pgo
from torch._dynamo.comptime import comptime
from torch._dynamo.decorators import (
    _DimRange,
    mark_dynamic,
    mark_static,
    mark_unbacked,
    maybe_mark_dynamic,
)
from torch._dynamo.source import LocalSource
from torch._dynamo.utils import get_metrics_context
from torch._dynamo.variables import builder
from torch.fx.experimental.symbolic_shapes import StatefulSymbolicContext, StrictMinMaxConstraint
from torch.utils._sympy.value_ranges import ValueRanges

from vartrack import compat
from vartrack.compat import behaviour, making
from vartrack.shapes import tensor_policy
from vartrack.shapes.dimension_facts import MARKS
from vartrack.shapes.shape_policy import Decision, Facts, decide

ON_215 = compat.runs_on(">=2.15")
#: The facts that the running torch does not know.
NOT_THERE = frozenset(
    fact
    for fact, since in (("listed_static", "2.15"), ("listed_value", "2.13"), ("propagated", "2.13"))
    if not compat.runs_on(f">={since}")
)
RANGE = ValueRanges(2, 64)
DEMAND = StrictMinMaxConstraint(vr=ValueRanges(3, 9), warn_only=False)


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
        asked: how often both were asked.
        dimensions: for how many dimensions.
    """

    def __init__(self, tx: Any) -> None:
        self.tx = tx
        self.asked = self.dimensions = 0
        closure = {"closure": getattr(tx, "closure", None)}
        code = making.make(pgo.CodeId.make, tx.f_code, if_taken=closure)
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

    def refused(self, tensor: Any, source: Any, **options: Any) -> tuple[Exception, Exception]:
        """What torch and vartrack raise instead of giving a context."""
        found: list[Exception] = []
        for ask in (
            lambda: builder._automatic_dynamic(tensor, self.tx, source, False, **options),
            lambda: tensor_policy.context_of(self.tx, tensor, source, False, **options),
        ):
            self._state(None, source)
            try:
                ask()
            except Exception as error:
                found.append(error)
            else:
                raise AssertionError(f"number {len(found)} of torch and vartrack raised nothing")
        return found[0], found[1]

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
                name: (
                    entry.size,
                    entry.stride,
                    entry.scalar,
                    getattr(entry, "excluded_sizes", None),
                )
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


def propagate(x: Any, dim: int) -> None:
    """What torch does to the results of a graph in which the dimension was dynamic."""
    vars(x).setdefault("_dynamo_propagated_dynamic_indices", set()).add(dim)


#: What `mark_dynamic` and its like do to a dimension.
DYNAMIC_MARKS: dict[str, Callable[[Any, int], None]] = {
    "": lambda x, dim: None,
    "dynamic": lambda x, dim: mark_dynamic(x, dim),
    "bounded": lambda x, dim: mark_dynamic(x, dim, min=2, max=64),
}
WEAK_MARKS: dict[str, Callable[[Any, int], None]] = {
    "": lambda x, dim: None,
    "weak": lambda x, dim: maybe_mark_dynamic(x, dim),
    "propagated": propagate,
    "both": lambda x, dim: (maybe_mark_dynamic(x, dim), propagate(x, dim)),
}
if ON_215:
    WEAK_MARKS["weak, bounded"] = lambda x, dim: maybe_mark_dynamic(x, dim, min=2, max=64)
OTHER_MARKS: dict[str, Callable[[Any, int], None]] = {
    "unbacked": lambda x, dim: mark_unbacked(x, dim),
    "strict": lambda x, dim: mark_unbacked(x, dim, strict=True),
    "static": lambda x, dim: mark_static(x, dim),
}
ALL_LISTS = ("dynamic_sources", "unbacked_sources", "dynamic_values", "static_sources")
LISTS = tuple(name for name in ALL_LISTS if hasattr(torch.compiler.config, name))


def there_are(lists: Iterable[str]) -> bool:
    """Whether this torch has all of these lists."""
    return set(lists) <= set(LISTS)


def can_be_asked(facts: Facts) -> bool:
    """Whether a tensor of which these facts hold comes to torch's policy.

    One that must be static does not, unless a list names it; up to 2.12 the list is that of dynamic
    sources, and it names the whole tensor.
    """
    listed = behaviour.LISTS_NAME_DIMENSIONS or facts.listed_dynamic
    return listed or not facts.must_be_static


CONFIG: dict[str, tuple[Any, ...]] = {
    "automatic_dynamic_shapes": (True, False),
    "assume_static_by_default": (True, False),
    "allow_ignore_mark_dynamic": (False, True),
    "automatic_dynamic_shapes_mark_as": ("dynamic", "unbacked"),
}


def each_dimension() -> list[tuple[Any, ...]]:
    """All that can be said of one dimension: marks, history, an export constraint, a hint."""
    return [
        (DYNAMIC_MARKS[hard], WEAK_MARKS[weak], *rest)
        for hard, weak, *rest in itertools.product(
            DYNAMIC_MARKS,
            WEAK_MARKS,
            *[(None, mark) for mark in OTHER_MARKS.values()],
            (False, True),  # its size changed
            (None, DEMAND),
            (False, True),  # a hint
        )
    ]


@contextlib.contextmanager
def configured(values: Iterable[Any]) -> Iterator[None]:
    """The settings of `CONFIG`, in its order."""
    with config.patch(dict(zip(CONFIG, values, strict=True))):
        yield


@contextlib.contextmanager
def listed(texts: dict[str, str]) -> Iterator[None]:
    """The lists in ``torch.compiler.config``, by name."""
    with contextlib.ExitStack() as stack:
        for name, text in texts.items():
            stack.enter_context(torch.compiler.config.patch(name, text))
        yield


def seen_before(sizes: Iterable[Any], strides_changed: bool = False) -> Any:
    """What automatic dynamic knows of a tensor with these sizes, all of stride 0 at first."""
    entry = pgo.FrameStateSizeEntry.make_tensor(tuple(sizes), (0,) * len(tuple(sizes)))
    entry.size = tuple(sizes)
    if strides_changed:
        entry.stride = (pgo.auto_dynamic,) * len(entry.size)
    return entry


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
        sizes: list[Any] = [2] * count
        for dim, (hard, weak, unbacked, strict, static, changed, demand, hint) in enumerate(dims):
            for mark in (weak, hard, unbacked, strict, static):
                if mark is not None:
                    mark(self.tensor, dim)
            if changed:
                sizes[dim] = pgo.auto_dynamic
            if demand is not None:
                self.constraints.append(demanded(self.tensor, dim, demand))
            hints.append(hint)
        self.marked_dynamic = any(dim[0] is not DYNAMIC_MARKS[""] for dim in dims)
        self.source = hinted_source(hints)
        self.earlier = seen_before(sizes, strides_changed)


def demanded(tensor: Any, dim: int, demand: Any) -> Any:
    """What ``torch.export`` says of a dimension."""
    return SimpleNamespace(t_id=id(tensor), dim=dim, constraint_range=demand, name=f"d{dim}")


def hinted_source(hints: list[bool]) -> Any:
    """The source of an argument ``x``, with what is known of its dimensions from examples."""
    dynamism = (("L['x']", tuple(hints)),) if any(hints) else None
    return LocalSource("x", is_input=True, dynamism=dynamism)


def sweep(dims_at_once: int = 12) -> list[Swept]:
    """Tensors that have, together, every combination of what can be said of a dimension.

    Changed strides only count in a tensor whose sizes are all static; so they get tensors of
    their own, with the dimensions first that are not marked dynamic.
    """
    every = each_dimension()
    still = [dim for dim in every if not dim[5]]
    calm = [dim for dim in still if dim[0] is DYNAMIC_MARKS[""] and not dim[7]]
    lively = [dim for dim in still if dim[0] is not DYNAMIC_MARKS[""]]

    def cut(dims: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        for start in range(0, len(dims), dims_at_once):
            yield dims[start : start + dims_at_once]

    tensors = [Swept(dims, False) for dims in cut(every)]
    tensors += [Swept([*dims, lively[number]], True) for number, dims in enumerate(cut(calm))]
    return tensors


@functools.cache
def swept() -> dict[Facts, Decision]:
    """Every combination of facts that the sweep makes, with the decision: torch's and vartrack's.

    Raises:
        AssertionError: the two differ.
    """
    found: dict[Facts, Decision] = {}
    tensors = sweep()  # not while compiling, where mark_static does something else

    def noting(facts: Facts) -> Decision:
        found[facts] = decide(facts)
        return found[facts]

    def ask(tx: Any) -> None:
        asker = Asker(tx)
        for values in itertools.product(*CONFIG.values()):
            for count in range(len(LISTS) + 1):
                for names in itertools.combinations(LISTS, count):
                    texts = {n: "2" if n == "dynamic_values" else "L['x']" for n in names}
                    with configured(values), listed(texts):
                        for number, each in enumerate(tensors):
                            if config.allow_ignore_mark_dynamic and not each.marked_dynamic:
                                continue  # the setting is about such marks only
                            tx.output.export_constraints = each.constraints
                            asker.hold(each.tensor, each.source, False, each.earlier)
                            # a static tensor has a way out of its own, unless it is listed;
                            # it may be so for another dimension
                            elsewhere = {"dynamic_sources": "L['x']:40"} | texts
                            if number % 4 == 0:
                                with listed(elsewhere):
                                    asker.hold(each.tensor, each.source, True, each.earlier)
                            if number % 40 == 0:
                                asker.hold(each.tensor, each.source, True, each.earlier)

    with mock.patch.object(tensor_policy, "decide", noting):
        inside_a_compile(ask)
    return found


def as_read(facts: Facts) -> Facts:
    """``facts`` without what is not looked at, because of others that hold."""
    enforced = facts.marked_dynamic and not facts.ignore_marks
    weakly = (facts.marked_weakly or facts.propagated) and not facts.listed_static
    if facts.export_constraint or not (enforced or (weakly and ON_215)):
        facts = facts._replace(range=None)
    if facts.marked_dynamic or facts.hinted:
        facts = facts._replace(size_changed=False)  # they say so themselves
    if not facts.automatic:
        facts = facts._replace(size_changed=False, stride_changed=False)
    # automatic dynamic takes a ragged size for one that moves
    moves = facts.is_nested_int and facts.automatic and not facts.marked_dynamic
    return facts._replace(size_changed=True) if moves and not facts.hinted else facts


def ask_about(asker: Asker, facts: Facts) -> tuple[Any, ...]:
    """What torch decides about a dimension of which just these facts hold.

    Gives the kind of the size, that of the stride and the two constraints, and holds vartrack's
    decision and the facts that it read against them.
    """
    jagged = facts.is_nested_int
    tensor: Any = torch.empty_strided((2,), (0,))
    if jagged:
        tensor = torch.nested.nested_tensor([torch.ones(2), torch.ones(1)], layout=torch.jagged)
        del tensor._dynamo_propagated_dynamic_indices
    dim = 1 if jagged else 0
    _mark(tensor, dim, facts)
    demand = facts.export_constraint
    asker.tx.output.export_constraints = [demanded(tensor, dim, demand)] if demand else []
    texts = {
        name: "L['x']"
        for name in LISTS
        if name != "dynamic_values" and getattr(facts, f"listed_{name.removesuffix('_sources')}")
    }
    if facts.must_be_static:
        # there is no way to the policy for a static tensor that is not listed somewhere
        texts.setdefault("dynamic_sources", "L['x']:7")
    if facts.listed_value:
        texts["dynamic_values"] = "2"
    sizes: list[Any] = [pgo.auto_dynamic if facts.size_changed else 2]
    earlier = None if jagged else seen_before(sizes, facts.stride_changed)
    values = facts.automatic, facts.assume_static, facts.ignore_marks
    mark_as = "unbacked" if facts.changed_kind and "UNB" in facts.changed_kind.name else "dynamic"
    read: list[Facts] = []

    def noting(facts: Facts) -> Decision:
        read.append(facts)
        return decide(facts)

    source = hinted_source([False] * dim + [facts.hinted])
    with (
        configured([*values, mark_as]),
        listed(texts),
        mock.patch.object(tensor_policy, "decide", noting),
    ):
        context = asker.hold(tensor, source, facts.must_be_static, earlier, outer_only=jagged)
    here = read[dim - tensor.dim()]  # after those of a base, if it is a view
    assert here == as_read(facts), f"{here} was read instead of {as_read(facts)}"
    return (
        context.dynamic_sizes[dim],
        context.dynamic_strides[dim],
        context.constraint_sizes[dim],
        context.constraint_strides[dim],
    )


def _mark(tensor: Any, dim: int, facts: Facts) -> None:
    for fact, name in MARKS.items():
        if getattr(facts, fact):
            vars(tensor)[name] = {dim}
    if facts.range is not None:
        bounds = int(facts.range.lower), int(facts.range.upper)
        vars(tensor)["_dynamo_dynamic_range"] = {_DimRange(dim, *bounds)}
