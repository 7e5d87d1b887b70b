"""What happens when an object that has a tracker is met again through another source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo.guards import GuardBuilder, install_guard, make_dupe_guard
from torch._dynamo.variables.nn_module import UnspecializedNNModuleVariable

from vartrack.compat import behaviour
from vartrack.compat.names import is_from_proxy

if TYPE_CHECKING:
    from torch._dynamo.variables.base import VariableTracker
    from torch._guards import Source

    from vartrack.core.context import BuilderContext

__all__ = ["alias"]


def alias(ctx: BuilderContext, value: Any) -> VariableTracker:
    """The tracker that ``value`` has, guarded to be the same object at both sources."""
    source: Source = ctx.source  # type: ignore[assignment]
    tracker = ctx.tx.output.side_effects[value]
    if source != tracker.source:
        _guard_alias(source, tracker.source)
    if (
        isinstance(value, torch.nn.Module)
        and isinstance(tracker, UnspecializedNNModuleVariable)
        and not (behaviour.PINS_PROXIES and source.is_dict_key())
    ):
        tracker.set_nn_module_stack_source(source)
    return tracker


def _guard_alias(source: Source, first: Source | None) -> None:
    same = make_dupe_guard(source, first)
    if same is not None:
        _install(source, same)
    elif (
        behaviour.PINS_PROXIES
        and first is not None
        and (is_from_proxy(source) or is_from_proxy(first))
    ):
        # a local and a global source cannot be compared with each other; each stays put instead
        _install(source, GuardBuilder.ID_MATCH)
        _install(first, GuardBuilder.ID_MATCH)


def _install(source: Source, kind: Any) -> None:
    try:
        guard = source.make_guard(kind)
    except NotImplementedError:
        return  # a source without guards cannot say that it aliases; torch lets it be
    install_guard(guard, skip=2)
