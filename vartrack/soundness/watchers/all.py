"""All watchers, as `install` puts them in place."""

from __future__ import annotations

from torch._dynamo.output_graph import OutputGraph

from vartrack.soundness.hooking import ANY_KIND, Watcher, Watchers
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.watchers import (
    classes,
    containers,
    descriptors,
    functions,
    identity,
    inheritance,
    keys,
    missing,
    modules,
    passing,
    refusing,
    state,
    texts,
    tracing,
    unguarded,
    values,
)

__all__ = ["WATCHERS"]

WATCHERS = Watchers(
    (
        *classes.WATCHERS,
        *descriptors.WATCHERS,
        *functions.WATCHERS,
        *identity.WATCHERS,
        *containers.WATCHERS,
        *keys.WATCHERS,
        *missing.WATCHERS,
        *texts.WATCHERS,
        *tracing.WATCHERS,
        *unguarded.WATCHERS,
        *values.WATCHERS,
        *modules.WATCHERS,
        *passing.WATCHERS,
        *inheritance.WATCHERS,
        *state.WATCHERS,
        *refusing.WATCHERS,
        Watcher(OutputGraph, "compile_subgraph", ANY_KIND, Ledger.finish),
    ),
    identity.WRAPPERS,
)
