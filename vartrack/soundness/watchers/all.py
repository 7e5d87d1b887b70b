"""All watchers, as `install` puts them in place."""

from __future__ import annotations

from vartrack.soundness.hooking import Watchers
from vartrack.soundness.watchers import (
    classes,
    containers,
    identity,
    inheritance,
    modules,
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
        *identity.WATCHERS,
        *containers.WATCHERS,
        *texts.WATCHERS,
        *tracing.WATCHERS,
        *unguarded.WATCHERS,
        *values.WATCHERS,
        *modules.WATCHERS,
        *inheritance.WATCHERS,
        *state.WATCHERS,
    )
)
