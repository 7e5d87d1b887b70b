"""Builds the example of a value category by torch's own builder and by vartrack, side by side.

An example is an expression over the prelude of ``rows.json``. Prefixes say how it is built:
``[flag=value]`` with a flag of Dynamo's or the compiler's config, ``@kind`` from another source
than a local, ``{export}`` while exporting.
"""

from __future__ import annotations

import contextlib
import functools
import json
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch._dynamo
from torch._dynamo import source as sources
from torch._dynamo.comptime import comptime
from torch._dynamo.exc import ObservedException, Unsupported
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.lazy import LazyVariableTracker

import vartrack
from vartrack.compat.names import LAZY

ROWS = json.loads((Path(__file__).parent / "rows.json").read_text())


@functools.cache
def prelude() -> dict[str, Any]:
    """The names that examples may use."""
    text = "\n".join(ROWS["prelude"])
    linecache.cache["prelude"] = (len(text), None, text.splitlines(True), "prelude")
    module = sys.modules["prelude"] = types.ModuleType("prelude")
    exec(compile(text, "prelude", "exec"), vars(module))
    return vars(module)


def local(name: str = "v") -> sources.Source:
    return sources.LocalSource(name, is_input=True)


SOURCES: dict[str, Callable[[], sources.Source]] = {
    "": local,
    "global": lambda: sources.GlobalSource("v"),
    "const": lambda: sources.ConstantSource("v"),
    "closure": lambda: sources.GetItemSource(sources.ClosureSource(local("f")), 0),
    "module_attr": lambda: sources.AttrSource(sources.UnspecializedNNModuleSource(local("m")), "v"),
    "spec_module_attr": lambda: sources.AttrSource(sources.NNModuleSource(local("m")), "v"),
    "opt_grad": lambda: sources.GradSource(
        sources.AttrSource(sources.OptimizerSource(local("o")), "p")
    ),
    "mro": lambda: sources.TypeMROSource(local("v")),
}

_PREFIX = re.compile(
    r"^(?:\[(?P<flag>\w+)=(?P<value>.*?)\] |@(?P<kind>\w+) |\{(?P<export>export)\} )"
)
_COMPILER_FLAGS = {"dynamic_sources", "dynamic_values", "unbacked_sources", "static_sources"}


@dataclass
class Example:
    """An example, read: what to evaluate and how to build it.

    A test that needs more than an expression overrides a step: `program`, `inside`, `value_in`
    or `tracker`.
    """

    expression: str = ""
    kind: str = ""
    flags: list[tuple[str, str]] = field(default_factory=list)
    export: bool = False
    #: Makes the value, instead of the expression.
    make: Callable[[], Any] | None = None

    @classmethod
    def read(cls, text: str) -> Example:
        example = cls(text)
        while found := _PREFIX.match(example.expression):
            example.expression = example.expression[found.end() :]
            if found["flag"]:
                example.flags.append((found["flag"], found["value"]))
            elif found["kind"]:
                example.kind = found["kind"]
            else:
                example.export = True
        return example

    def value(self) -> Any:
        """The value, made before the compile begins."""
        return eval(self.expression, prelude()) if self.make is None else self.make()

    def value_in(self, tx: Any, value: Any) -> Any:
        """The value to build: ``value``, or one that takes a compile to be made."""
        return value

    def program(
        self, build_here: Callable[[Any], None]
    ) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """What is compiled, and its arguments; the value is built where comptime is called."""

        def program() -> None:
            comptime(build_here)

        return program, ()

    def source(self) -> sources.Source:
        """Where the value comes from."""
        return SOURCES[self.kind]()

    def inside(self, tx: Any) -> contextlib.AbstractContextManager[Any]:
        """What to enter inside the compile, around the build."""
        return contextlib.nullcontext()

    def tracker(self, tx: Any, value: Any, sourceless: bool, *options: bool) -> VariableTracker:
        """Has the builder under test build ``value``."""
        from torch._dynamo.variables import builder

        if sourceless:
            return builder.SourcelessBuilder.create(tx, value)
        return builder.VariableBuilder(tx, self.source(), *options)(value)

    @contextlib.contextmanager
    def configured(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for flag, text in self.flags:
                if flag in _COMPILER_FLAGS:
                    stack.enter_context(torch.compiler.config.patch(flag, text))
                else:
                    stack.enter_context(torch._dynamo.config.patch(flag, eval(text, prelude())))
            yield


@dataclass
class Built:
    """What a builder made of an example, in words that do not depend on addresses."""

    tracker: Any = None
    guards: list[str] = field(default_factory=list)
    registered: bool = False
    key_order: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    traced: list[str] = field(default_factory=list)
    cached: list[str] = field(default_factory=list)
    static: list[str] = field(default_factory=list)
    refusal: str = ""
    #: Whether something else than a graph break came out of the build.
    crashed: bool = False
    #: What came out instead of a tracker.
    error: Exception | None = field(default=None, compare=False)
    #: Whether the build was reached at all.
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
        with vartrack.use(registry) if registry else contextlib.nullcontext():
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
        lazily = [False] if realize and len(LAZY) > 1 else []  # torch 2.10 has no lazy constants
        tracker = example.tracker(tx, value, sourceless, *lazily)
    except Unsupported as refusal:
        built.refusal = getattr(refusal, "gb_type", "") or str(refusal).splitlines()[0]
        built.error = refusal.with_traceback(None)
    except Exception as error:
        built.refusal, built.crashed = type(error).__name__, True
        built.error = error.with_traceback(None)
    else:
        built.tracker = describe(tracker, set())
    new = sorted(
        f"{guard.inner_create_fn().__name__}({guard.name})"
        for guard in set(tx.output.guards) - standing
    )
    built.guards = new
    if built.refusal:
        return
    side_effects = tx.output.side_effects
    built.registered = id(value) in side_effects.id_to_variable
    built.traced = [f"{len(set(side_effects.id_to_variable) - before)} objects registered"]
    built.key_order = sorted(source.name for source in tx.output.guard_on_key_order)
    built.cached = sorted(_cached(tx.output.variable_tracker_cache))
    for node in tx.output.graph.nodes:
        arg = node.meta.get("grapharg")
        example_value = node.meta.get("example_value")
        shape = getattr(example_value, "shape", None)
        text = f"{node.op} {node.target if isinstance(node.target, str) else node.name}"
        if arg is not None:
            text += f" {arg.source and arg.source.name} {arg.pass_arg_as_tensor} {arg.is_tensor}"
            text += f" {type(arg.example_strong_ref).__name__}"
        built.placeholders.append(f"{text} {type(example_value).__name__} {shape}")
    if isinstance(value, torch.nn.Module) and value.__dict__:
        built.static = [
            f"{name}: {getattr(tensor, '_dynamo_static_input_type', None)}"
            for name, tensor in value.named_parameters()
        ]


def _cached(cache: Any) -> Iterator[str]:
    """The sources that have a tracker; torch 2.10 keeps them with the ids of the values."""
    for key in getattr(cache, "cache", cache):
        yield getattr(key, "source", key).name


def assert_same(ours: Built, theirs: Built) -> None:
    """That vartrack made of it what torch made of it.

    Where torch dies, vartrack either breaks the graph and says which visitor failed, or raises an
    error of the same kind. What the traced program itself raises is not such a death.
    """
    assert ours.reached and theirs.reached
    assert bool(theirs.tracker) != bool(theirs.refusal), "it was not built"
    if not theirs.crashed or isinstance(theirs.error, ObservedException):
        assert ours == theirs
    elif ours.refusal != "vartrack: a visitor raised":
        assert ours.crashed and isinstance(ours.error, type(theirs.error)), ours.error


def describe(tracker: Any, seen: set[int]) -> Any:
    """A tracker with its parts, as plain data."""
    if id(tracker) in seen:
        return "..."
    seen.add(id(tracker))
    cls = type(tracker)
    source = tracker.source
    head: dict[str, Any] = {
        "class": cls.__name__,
        "source": None if source is None else f"{type(source).__name__} {source.name}",
        "mutation": type(tracker.mutation_type).__name__,
    }
    if isinstance(tracker, LazyVariableTracker) and type(tracker).__name__.startswith("Lazy"):
        if not tracker.is_realized():
            return {**head, "lazy": type(tracker._cache.value).__name__}
        return {**head, "realized": describe(tracker._cache.vt, seen)}
    for name, part in sorted(vars(tracker).items()):
        if name not in ("source", "mutation_type", "user_code_variable_name", "source_location"):
            told = _describe_part(part, seen)
            if told is not None:
                head[name] = told
    return head


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
