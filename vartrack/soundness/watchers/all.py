"""All watchers, as `install` puts them in place."""

from __future__ import annotations

from torch._dynamo.output_graph import OutputGraph

from vartrack.soundness.hooking import ANY_KIND, Watcher, Watchers
from vartrack.soundness.ledger import Ledger
from vartrack.soundness.watchers import (
    bodies,
    classes,
    containers,
    descriptors,
    equality,
    evaluated,
    functions,
    identity,
    inheritance,
    keys,
    membership,
    missing,
    modules,
    number_texts,
    numpy_values,
    ordered_sets,
    own_types,
    partials,
    passing,
    places,
    python_modules,
    refusing,
    registries,
    state,
    tensors,
    texts,
    tracing,
    unguarded,
    values,
    written,
)

__all__ = ["WATCHERS"]

WATCHERS = Watchers(
    (
        *classes.WATCHERS,
        *own_types.WATCHERS,
        *places.WATCHERS,
        *bodies.WATCHERS,
        *evaluated.WATCHERS,
        *descriptors.WATCHERS,
        *functions.WATCHERS,
        *partials.WATCHERS,
        *identity.WATCHERS,
        *containers.WATCHERS,
        *membership.WATCHERS,
        *keys.WATCHERS,
        *missing.WATCHERS,
        *texts.WATCHERS,
        *tracing.WATCHERS,
        *equality.WATCHERS,
        *written.WATCHERS,
        *ordered_sets.WATCHERS,
        *number_texts.WATCHERS,
        *numpy_values.WATCHERS,
        *unguarded.WATCHERS,
        *values.WATCHERS,
        *tensors.WATCHERS,
        *modules.WATCHERS,
        *passing.WATCHERS,
        *inheritance.WATCHERS,
        *state.WATCHERS,
        *python_modules.WATCHERS,
        *registries.WATCHERS,
        *refusing.WATCHERS,
        Watcher(OutputGraph, "compile_subgraph", ANY_KIND, Ledger.finish),
    ),
    identity.WRAPPERS,
)
