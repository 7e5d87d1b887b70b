"""`build`: one example inside of a real compile, and what became of it in plain data."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._dynamo.exc import ObservedException, Unsupported
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazyVariableTracker

from vartrack.compat.names import LAZY
from vartrack.installation import use
from vartrack.proof.examples import Example

__all__ = ["HAS_LAZY_CONSTANTS", "Built", "build", "describe", "difference"]

#: Whether a constant can be built lazily, so that there are two ways to build it.
HAS_LAZY_CONSTANTS: bool = len(LAZY) > 1


@dataclass
class Built:
    """What a builder made of an example, in words that do not depend on addresses.

    Attributes:
        tracker: the tracker with its parts; None if there is none.
        guards: the guards that were asked for.
        registered: whether the value is registered for side effects.
        key_order: the sources whose keys are guarded with their order.
        placeholders: the nodes of the graph.
        traced: how many objects were registered.
        cached: the sources that have a tracker.
        static: what is noted at the tensors of a module.
        refusal: why the graph broke, or the type of an error; "" if it was built.
        crashed: whether something else than a graph break came out of the build.
        error: what came out instead of a tracker.
        reached: whether the build was reached at all.
    """

    tracker: Any = None
    guards: list[str] = field(default_factory=list)
    registered: bool = False
    key_order: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    traced: list[str] = field(default_factory=list)
    cached: list[str] = field(default_factory=list)
    static: list[str] = field(default_factory=list)
    refusal: str = ""
    crashed: bool = False
    error: Exception | None = field(default=None, compare=False)
    reached: bool = False


class _Stop(Exception):
    """Ends the compile once the example is built."""


def build(
    example: Example, registry: Any, *, sourceless: bool = False, realize: bool = False
) -> Built:
    """Build ``example`` inside a real compile.

    Args:
        example: what to build.
        registry: the vartrack registry to build with, or None for torch's own builder.
        sourceless: whether to build it as if it was made while tracing.
        realize: whether lazy constants are off, as when a lazy tracker realizes itself.

    Raises:
        Exception: what making the value raised.
    """
    built = Built()
    with example.configured():
        value = example.value()

    def inside(ctx: Any) -> None:
        tx = ctx._ComptimeContext__tx
        with example.configured(), example.inside(tx):
            if example.export:
                tx.export = tx.output.export = True
            try:
                _build(tx, example, value, built, sourceless, realize)
            finally:
                if example.export:
                    tx.export = tx.output.export = False
        built.reached = True
        raise _Stop

    program, args = example.program(inside)
    torch._dynamo.reset()
    try:
        with use(registry, unknown_torch=True) if registry else contextlib.nullcontext():
            torch.compile(program, backend="eager")(*args)
    except Exception:
        if not built.reached:
            raise
    torch._dynamo.reset()
    return built


def _build(
    tx: Any, example: Example, value: Any, built: Built, sourceless: bool, realize: bool
) -> None:
    value = example.value_in(tx, value)
    standing = set(tx.output.guards)
    before = set(tx.output.side_effects.id_to_variable)
    try:
        lazily = [False] if realize and HAS_LAZY_CONSTANTS else []
        tracker = example.tracker(tx, value, sourceless, *lazily)
    except Unsupported as refusal:
        built.refusal = getattr(refusal, "gb_type", "") or str(refusal).splitlines()[0]
        built.error = refusal.with_traceback(None)
    except Exception as error:
        built.refusal, built.crashed = type(error).__name__, True
        built.error = error.with_traceback(None)
    else:
        built.tracker = describe(tracker)
    built.guards = sorted(
        f"{guard.inner_create_fn().__name__}({guard.name})"
        for guard in set(tx.output.guards) - standing
    )
    if built.refusal:
        return
    side_effects = tx.output.side_effects
    built.registered = id(value) in side_effects.id_to_variable
    built.traced = [f"{len(set(side_effects.id_to_variable) - before)} objects registered"]
    built.key_order = sorted(source.name for source in tx.output.guard_on_key_order)
    built.cached = sorted(_cached(tx.output.variable_tracker_cache))
    built.placeholders = list(map(_node, tx.output.graph.nodes))
    if isinstance(value, torch.nn.Module) and value.__dict__:
        built.static = [
            f"{name}: {getattr(tensor, '_dynamo_static_input_type', None)}"
            for name, tensor in value.named_parameters()
        ]


def _node(node: torch.fx.Node) -> str:
    arg = node.meta.get("grapharg")
    example_value = node.meta.get("example_value")
    shape = getattr(example_value, "shape", None)
    text = f"{node.op} {node.target if isinstance(node.target, str) else node.name}"
    if arg is not None:
        text += f" {arg.source and arg.source.name} {arg.pass_arg_as_tensor} {arg.is_tensor}"
        text += f" {type(arg.example_strong_ref).__name__}"
    return f"{text} {type(example_value).__name__} {shape}"


def _cached(cache: Any) -> Iterator[str]:
    """The sources that have a tracker; torch 2.10 keeps them with the ids of the values."""
    for key in getattr(cache, "cache", cache):
        yield getattr(key, "source", key).name


def difference(ours: Built, theirs: Built) -> str:
    """In what vartrack's build differs from torch's own, in words; "" if it does not.

    Where torch dies, vartrack either breaks the graph and says which visitor failed, or raises an
    error of the same kind. What the traced program itself raises is not such a death.
    """
    if not (ours.reached and theirs.reached) or bool(theirs.tracker) == bool(theirs.refusal):
        return "it was not built"
    if not theirs.crashed or isinstance(theirs.error, ObservedException):
        return "; ".join(_fields(ours, theirs))
    dies_alike = ours.crashed and isinstance(ours.error, type(theirs.error))
    if dies_alike or ours.refusal == "vartrack: a visitor raised":
        return ""
    return f"torch dies with {theirs.refusal}, vartrack gives {ours.refusal or 'a tracker'}"


def _fields(ours: Built, theirs: Built) -> Iterator[str]:
    for one in dataclasses.fields(Built):
        mine, other = getattr(ours, one.name), getattr(theirs, one.name)
        if one.compare and mine != other:
            yield f"{one.name}: {mine} instead of {other}"


def describe(tracker: Any, seen: set[int] | None = None) -> Any:
    """A tracker with its parts, as plain data.

    Args:
        tracker: the tracker.
        seen: the ids of those that are told already.
    """
    seen = set() if seen is None else seen
    if id(tracker) in seen:
        return "..."
    seen.add(id(tracker))
    source = tracker.source
    head: dict[str, Any] = {
        "class": type(tracker).__name__,
        "source": None if source is None else f"{type(source).__name__} {source.name}",
        "mutation": type(tracker.mutation_type).__name__,
    }
    if isinstance(tracker, LazyVariableTracker) and type(tracker).__name__.startswith("Lazy"):
        if not tracker.is_realized():
            return {**head, "lazy": type(tracker._cache.value).__name__}
        return {**head, "realized": describe(tracker._cache.vt, seen)}
    for name, part in sorted(vars(tracker).items()):
        if name not in _UNTOLD and (told := _describe_part(part, seen)) is not None:
            head[name] = told
    return head


_UNTOLD = frozenset({"source", "mutation_type", "user_code_variable_name", "source_location"})
_ADDRESS = re.compile(r"0x[0-9a-f]+|\b\d{9,}\b")


def _describe_part(part: Any, seen: set[int]) -> Any:
    if issubclass(type(part), VariableTracker):
        return describe(part, seen)
    if isinstance(part, (list, tuple)):
        return [_describe_part(item, seen) for item in part]
    if isinstance(part, dict):
        return [
            (_describe_part(getattr(key, "vt", key), seen), _describe_part(item, seen))
            for key, item in part.items()
        ]
    if isinstance(part, (int, float, str, bool, type(None), complex, bytes)):
        return _ADDRESS.sub("#", repr(part))
    return f"<{type(part).__module__}.{type(part).__qualname__}>"
