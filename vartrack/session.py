"""Which registry a compile runs on, and which compile a tracer belongs to."""

from __future__ import annotations

import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from torch._guards import CompileContext

from vartrack.core.compile import Compile
from vartrack.core.recording import current_recorder

if TYPE_CHECKING:
    from vartrack.core.protocol import Tracer
    from vartrack.dispatch.frozen import FrozenRegistry
    from vartrack.dispatch.registry import Registry

__all__ = ["active_registry", "compile_of", "current", "installed_from", "is_installed"]

_UNSET: Any = object()


class Session:
    """What is in force in this process, and in this thread.

    Attributes:
        installed: the registry of the whole process; None for torch's own builder.
        base: the registry that was asked for, another one if something was to be added to it.
        used: the registry of the innermost ``use`` block of this thread.
        audited: while an audit is under way, what compiles run on that would run on torch's own
            builder; it also notes the facts of others.
    """

    def __init__(self) -> None:
        self.installed: Registry | None = None
        self.base: Registry | None = None
        self.audited: Registry | None = None
        self.used: ContextVar[Registry | None] = ContextVar("vartrack_used", default=_UNSET)
        #: For each compile that is under way the registry and what its first attempt began with.
        self.begun: weakref.WeakKeyDictionary[CompileContext, tuple[Registry, FrozenRegistry]] = (
            weakref.WeakKeyDictionary()
        )

    def frozen(self, registry: Registry) -> FrozenRegistry:
        """The frozen to compile with: that of the first attempt, if the compile starts over."""
        context = CompileContext.try_get()
        if context is None:
            return registry.frozen()
        held, frozen = self.begun.get(context, (None, None))
        if frozen is None or held is not registry:
            frozen = registry.frozen()
            self.begun[context] = (registry, frozen)
        return frozen


#: The one there is.
current = Session()


def active_registry() -> Registry | None:
    """The registry that a compile beginning now in this thread runs on; None for torch's own."""
    used = current.used.get()
    return current.installed if used is _UNSET else used


def _in_force() -> tuple[Registry | None, Any]:
    """The registry of a compile that begins now, and what notes its facts."""
    registry, audited = active_registry(), current.audited
    if registry is None and current.used.get() is _UNSET:
        registry = audited
    ledger = None if registry is None else registry.ledger()
    if ledger is None and registry is not None and audited is not None:
        ledger = audited.ledger()
    return registry, ledger


def is_installed() -> bool:
    """Whether `install` is in force."""
    return current.installed is not None


def installed_from(base: Registry) -> Registry | None:
    """The registry that `install` made of ``base`` and put in force, if it did."""
    installed = current.installed
    return installed if current.base is base and installed is not base else None


def compile_of(tx: Tracer) -> Compile | None:
    """The compile ``tx`` belongs to; None if it runs on torch's own builder."""
    try:
        compile: Compile | None = tx.output.vartrack_compile  # type: ignore[attr-defined]
    except AttributeError:
        output: Any = getattr(tx, "output", None)
        registry, ledger = _in_force()
        compile = None
        if registry is not None:
            compile = Compile(
                current.frozen(registry), current_recorder(), ledger, registry.attached
            )
            registry.stale_code.add(tx)
        if output is not None:
            output.vartrack_compile = compile
            if ledger is not None:
                ledger.output = weakref.ref(output)
    return compile
