"""`install`, `uninstall` and `use`: which registry a compile runs on."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING, Any

from torch._guards import CompileContext

from vartrack import compat
from vartrack.compiling import Compile
from vartrack.errors import InstallError
from vartrack.recording import current_recorder

if TYPE_CHECKING:
    from vartrack.registry import Registry, Snapshot
    from vartrack.tracer import Tracer

__all__ = ["active_registry", "compile_of", "install", "is_installed", "uninstall", "use"]

_lock = threading.RLock()
#: What `install` was given; None if it was not called.
_installed: Registry | None = None
#: How many `use` blocks hold torch's names replaced.
_blocks = 0
_MISSING: Any = object()
_used: ContextVar[Registry | None] = ContextVar("vartrack_used", default=_MISSING)


def active_registry() -> Registry | None:
    """The registry that a compile beginning now in this thread runs on; None for torch's own."""
    used = _used.get()
    return _installed if used is _MISSING else used


def is_installed() -> bool:
    """Whether `install` is in force."""
    return _installed is not None


def compile_of(tx: Tracer) -> Compile | None:
    """The compile ``tx`` belongs to; None if it runs on torch's own builder."""
    output: Any = getattr(tx, "output", None)
    try:
        compile: Compile | None = output.vartrack_compile
    except AttributeError:
        registry = active_registry()
        compile = None if registry is None else Compile(_snapshot(registry), current_recorder())
        if output is not None:
            output.vartrack_compile = compile
    return compile


def _snapshot(registry: Registry) -> Snapshot:
    """The snapshot to compile with: that of the first attempt, if the compile starts over."""
    context: Any = CompileContext.try_get()
    if context is None:
        return registry.snapshot()
    held, snapshot = getattr(context, "vartrack_snapshot", (None, None))
    if snapshot is None or held is not registry:
        snapshot = registry.snapshot()
        context.vartrack_snapshot = (registry, snapshot)
    return snapshot


def install(
    registry: Registry | None = None,
    *,
    extras: Iterable[str] = (),
    unknown_torch: bool | None = None,
) -> Registry:
    """Have ``torch.compile`` run on vartrack in the whole process, until `uninstall`.

    What is compiled already is not compiled again; call ``torch._dynamo.reset()`` for that.

    Args:
        registry: what to run on; ``vartrack.default`` if not given.
        extras: names of ready-made sets to add, such as ``"stdlib"``. They go into a registry
            derived from ``registry``, which stays as it is.
        unknown_torch: whether to go on with a torch release that vartrack was not compared
            with. By default only if the environment sets ``VARTRACK_UNKNOWN_TORCH=1``.

    Returns:
        The registry that is now in force.

    Raises:
        InstallError: it is installed already, or this torch is unknown.

    .. versionadded:: 0.1
    """
    global _installed
    from vartrack.defaults import default

    with _lock:
        if _installed is not None:
            raise InstallError(
                "VT301",
                f"vartrack is installed already, with the registry {_installed.name!r}.",
                "call vartrack.uninstall() first, or run a block on another registry with "
                "`with vartrack.use(registry):`.",
            )
        _check_torch(unknown_torch)
        registry = registry if registry is not None else default
        names = tuple(extras)
        if names:
            registry = registry.derive(f"{registry.name} with {', '.join(names)}")
            _add_extras(registry, names)
        if not _blocks:
            _replace(stock_for_ours=False)
        _installed = registry
    return registry


def uninstall() -> None:
    """Give torch its own builder back.

    Raises:
        InstallError: vartrack is not installed, or somebody else replaced torch's names since.

    .. versionadded:: 0.1
    """
    global _installed
    with _lock:
        if _installed is None:
            raise InstallError(
                "VT302", "vartrack is not installed.", "call vartrack.install() first."
            )
        if not _blocks:
            _replace(stock_for_ours=True)
        _installed = None


@contextlib.contextmanager
def use(registry: Registry | None) -> Iterator[Registry | None]:
    """Run the compiles that begin in this block, in this thread, on ``registry``.

    vartrack need not be installed. None stands for torch's own builder.

    .. versionadded:: 0.1
    """
    global _blocks
    with _lock:
        if _installed is None and not _blocks:
            _check_torch(None)
            _replace(stock_for_ours=False)
        _blocks += 1
    token = _used.set(registry)
    try:
        yield registry
    finally:
        _used.reset(token)
        with _lock:
            _blocks -= 1
            if _installed is None and not _blocks:
                _replace(stock_for_ours=True)


def _check_torch(unknown_torch: bool | None) -> None:
    if compat.is_known():
        return
    if unknown_torch is None:
        unknown_torch = os.environ.get("VARTRACK_UNKNOWN_TORCH") == "1"
    known = ", ".join(compat.KNOWN)
    if not unknown_torch:
        raise InstallError(
            "VT303",
            f"vartrack was not compared with torch {compat.RUNNING}; it knows {known}.",
            "use one of those, or pass unknown_torch=True (or set VARTRACK_UNKNOWN_TORCH=1) and "
            "check your program with vartrack.compare.",
        )
    warnings.warn(
        f"vartrack runs on torch {compat.RUNNING}, which it was not compared with; "
        f"it knows {known}.",
        stacklevel=3,
    )


def _add_extras(registry: Registry, names: tuple[str, ...]) -> None:
    from vartrack import extras

    for name in names:
        extras.load(name).register(registry)


def _replace(*, stock_for_ours: bool) -> None:
    """Swap the names of the face in every module that holds them, all or none."""
    face = _face()
    if stock_for_ours:
        face = {name: (ours, torchs) for name, (torchs, ours) in face.items()}
    holder = compat.stock_builder()
    for name, (old, new) in face.items():
        found = vars(holder)[name]
        if found is not old and found is not new:
            raise InstallError(
                "VT304",
                f"{holder.__name__}.{name} is {found!r}: somebody else replaced it.",
                "undo the other replacement first.",
            )
    swaps = {id(old): new for old, new in face.values()}
    for module in _modules():
        names = vars(module)
        if swaps.keys().isdisjoint(map(id, list(names.values()))):
            continue
        for name, held in list(names.items()):
            if id(held) in swaps:
                names[name] = swaps[id(held)]


@functools.cache
def _face() -> dict[str, tuple[type, type]]:
    """For each name of the face torch's own class, and the one that takes its place.

    The latter is a subclass of vartrack's. So a module that imports vartrack's own keeps it, and
    one that imports torch's while it is replaced can be told from that.
    """
    from vartrack.builder import FACE

    torchs = vars(compat.stock_builder())
    return {
        name: (
            torchs[name],
            type(name, (ours,), {"__slots__": (), "__module__": ours.__module__}),
        )
        for name, ours in FACE.items()
    }


def _modules() -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType) and name.partition(".")[0] != "vartrack"
    ]
