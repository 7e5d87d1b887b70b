"""Tables and settings that torch's own code and vartrack must see alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import config
from torch._dynamo.output_graph import SubgraphTracer
from torch._dynamo.variables import builder

from vartrack.compat import behaviour

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker

__all__ = [
    "ask_last",
    "compiled_entries",
    "dynamic_values",
    "guards_on",
    "identity_table",
    "ignored_logging",
    "inlines_modules",
    "know_tracker",
    "known_tracker",
    "module_iteration",
    "polyfilled_itertools",
    "record_result",
    "shapes_spec",
    "skip_reason",
    "stack_of",
    "static_sources",
    "stock_builder",
]

_IDENTITY_TABLE: dict[int, Callable[..., VariableTracker]] = builder.VariableBuilder._id_dispatch()
_MODULE_ITERATION = (
    ("named_parameters", builder.og_module_named_parameters_fn_ptr),
    ("named_buffers", builder.og_module_named_buffers_fn_ptr),
)
#: Where the shapes spec is; empty up to 2.12, which has none.
_SHAPES_SPEC = next(
    (name for name in ("_shapes_spec", "_dynamic_shapes_spec") if hasattr(config, name)), ""
)

_IGNORED = (
    "ignore_logging_functions"
    if hasattr(config, "ignore_logging_functions")
    else "ignore_logger_methods"
)
_CACHE_KNOWS_VALUES = not behaviour.KNOWN_BY_SOURCE
_INLINES = "inline_inbuilt_nn_modules"
_RECORD = (
    "record_proxyable_vt"
    if hasattr(SubgraphTracer, "record_proxyable_vt")
    else "record_tensor_or_symint_vt"
)


def compiled_entries(given: Any) -> Iterator[Any]:
    """What is compiled of one piece of code, as torch hands it over.

    Args:
        given: a list of cache entries; up to 2.11 the first one, which leads to the next, or None.
    """
    if isinstance(given, list):
        yield from given
        return
    while given is not None:
        yield given
        given = given.next


def stock_builder() -> ModuleType:
    """torch's own builder module."""
    return builder


def identity_table() -> dict[int, Callable[..., VariableTracker]]:
    """What torch reaches by the identity of one object. ``substitute_in_graph`` adds to it."""
    return _IDENTITY_TABLE


def polyfilled_itertools() -> set[int]:
    """The ids of the itertools classes that have a polyfill; ``substitute_in_graph`` adds some."""
    return builder.ITERTOOLS_POLYFILLED_TYPE_IDS


def module_iteration() -> tuple[tuple[str, Callable[..., Any]], ...]:
    """The two methods that list a module's tensors, by name, as torch itself defines them."""
    return _MODULE_ITERATION


def shapes_spec() -> object | None:
    """The user's shapes spec that is in force, or None."""
    return getattr(config, _SHAPES_SPEC) if _SHAPES_SPEC else None


def known_tracker(cache: Any, source: Any, value: Any) -> VariableTracker | None:
    """The tracker that ``cache`` has for ``source``, and in torch 2.10 for this value of it."""
    found: VariableTracker | None = (
        cache.lookup(value, source) if _CACHE_KNOWS_VALUES else cache.get(source)
    )
    return found


def know_tracker(cache: Any, source: Any, value: Any, tracker: VariableTracker) -> None:
    """Have ``cache`` know ``tracker``, as `known_tracker` finds it."""
    if _CACHE_KNOWS_VALUES:
        cache.add(value, source, tracker)
    else:
        cache[source] = tracker


def guards_on(guards: Any, source: Any) -> list[Any]:
    """Those of ``guards`` that stand on ``source``."""
    if hasattr(guards, "get_guards_for_source"):
        return list(guards.get_guards_for_source(source))
    return [guard for guard in guards if guard.originating_source == source]


def stack_of(guard: Any) -> tuple[Any, ...]:
    """Where the program asked for ``guard``, as guards in C++ take it; 2.10 takes nothing."""
    return (guard.user_stack,) if behaviour.GUARDS_KNOW_STACKS else ()


def ask_last(root: Any, check: Callable[[Any], bool], said: list[str]) -> None:
    """Have ``check`` asked when all other guards of ``root`` hold; ``said`` is what it says."""
    root.add_epilogue_lambda_guard(check, said, *([None] if behaviour.GUARDS_KNOW_STACKS else []))


def record_result(tracer: Any, tracker: VariableTracker) -> None:
    """Have the graph that ``tracer`` makes know what an operation gave."""
    getattr(tracer, _RECORD)(tracker)


def ignored_logging() -> set[Any]:
    """The functions and methods of logging whose calls do nothing; methods only in torch 2.10."""
    return set(getattr(config, _IGNORED))


def skip_reason(compiled: Any) -> str | None:
    """Why Dynamo leaves a frame alone; up to 2.12 what a compile returns does not say."""
    return getattr(compiled, "skip_reason", None)


def inlines_modules() -> bool:
    """Whether modules are traced as objects; up to torch 2.11 a setting says so."""
    # not asked where it does nothing, as asking warns there
    return behaviour.ALWAYS_INLINES_MODULES or bool(getattr(config, _INLINES))


def static_sources() -> str:
    """The user's list of sources whose sizes are static; there is one from torch 2.15 on."""
    return getattr(torch.compiler.config, "static_sources", "")


def dynamic_values() -> str:
    """The user's list of numbers that are dynamic; there is one from torch 2.13 on."""
    return getattr(torch.compiler.config, "dynamic_values", "")
