"""`install`, `uninstall` and `use`: which registry a compile runs on."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING, Any

from torch._guards import CompileContext

from vartrack import compat
from vartrack.closures import cells_of_handlers
from vartrack.compiling import Compile
from vartrack.errors import InstallError
from vartrack.plugins import prepare as prepare_plugins
from vartrack.recording import current_recorder

if TYPE_CHECKING:
    from vartrack.registry import Registry
    from vartrack.snapshot import Snapshot
    from vartrack.tracer import Tracer

__all__ = [
    "active_registry",
    "compile_of",
    "install",
    "installed_from",
    "is_installed",
    "uninstall",
    "use",
    "while_installed",
]

_lock = threading.RLock()
#: What `install` was given; None if it was not called.
_installed: Registry | None = None
#: The registry that it was asked for, which is another one if something was to be added to it.
_base: Registry | None = None
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
        compile = None
        if registry is not None:
            compile = Compile(_snapshot(registry), current_recorder())
            registry.remains.add(tx)
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
    plugins: bool | Iterable[str] | None = None,
    unknown_torch: bool | None = None,
) -> Registry:
    """Have ``torch.compile`` run on vartrack in the whole process, until `uninstall`.

    What is compiled already is not compiled again; call ``torch._dynamo.reset()`` for that.

    Args:
        registry: what to run on; ``vartrack.default`` if not given.
        extras: names of ready-made sets to add, such as ``"stdlib"``. They go into a registry
            derived from ``registry``, which stays as it is.
        plugins: which of the visitors that installed packages bring along to add: True for all
            of them, False for none, or names; see `vartrack.plugins`. By default all are added
            to ``vartrack.default`` and none to a registry of one's own, which stays as it is.
        unknown_torch: whether to go on with a torch release that vartrack was not compared
            with. By default only if the environment sets ``VARTRACK_UNKNOWN_TORCH=1``.

    Returns:
        The registry that is now in force.

    Raises:
        InstallError: it is installed already, this torch is unknown, or ``registry`` is none.
        PluginError: ``plugins`` names one that is not installed.

    .. versionadded:: 0.1
    """
    global _base, _installed
    from vartrack.defaults import default

    base = registry = default if registry is None else _checked(registry)
    extras = (extras,) if isinstance(extras, str) else extras
    if _installed is None:  # before the lock is taken, as plugins are anybody's code
        registry = _with_plugins(registry, plugins)
    with _lock:
        if _installed is not None:
            raise InstallError(
                "VT301",
                f"vartrack is installed already, with the registry {_installed.name!r}.",
                "call vartrack.uninstall() first, or run a block on another registry with "
                "`with vartrack.use(registry):`.",
            )
        _check_torch(unknown_torch)
        names = tuple(extras)
        if names:
            registry = registry.derive(f"{registry.name} with {', '.join(names)}")
            _add_extras(registry, names)
        if not _blocks:
            _replace(stock_for_ours=False)
        _installed, _base = registry, base
    return registry


def _checked(registry: Any) -> Registry:
    """``registry``, if it is one.

    Raises:
        InstallError: it is not.
    """
    from vartrack.registry import Registry

    if isinstance(registry, Registry):
        return registry
    raise InstallError(
        "VT307",
        f"{registry!r} is no registry.",
        "pass one, such as vartrack.default; ready-made sets go by name in "
        "vartrack.install(extras=[...]).",
    )


def _with_plugins(registry: Registry, plugins: bool | Iterable[str] | None) -> Registry:
    from vartrack.defaults import default

    if registry is default:
        prepare_plugins(registry, plugins)
    elif plugins:
        registry = registry.derive(f"{registry.name} with plugins")
        prepare_plugins(registry, plugins)
    return registry


def installed_from(base: Registry) -> Registry | None:
    """The registry that `install` made of ``base`` and put in force, if it did."""
    return _installed if _base is base and _installed is not base else None


def uninstall() -> None:
    """Give torch its own builder back.

    Raises:
        InstallError: vartrack is not installed, or somebody else replaced torch's names since.

    .. versionadded:: 0.1
    """
    global _base, _installed
    with _lock:
        if _installed is None:
            raise InstallError(
                "VT302", "vartrack is not installed.", "call vartrack.install() first."
            )
        if not _blocks:
            _replace(stock_for_ours=True)
        _installed = _base = None


@contextlib.contextmanager
def use(
    registry: Registry | None, *, unknown_torch: bool | None = None
) -> Iterator[Registry | None]:
    """Run the compiles that begin in this block, in this thread, on ``registry``.

    vartrack need not be installed. None stands for torch's own builder. The first block on
    ``vartrack.default`` loads the plugins, see `vartrack.plugins`.

    .. versionadded:: 0.1
    """
    global _blocks
    if registry is not None:
        _with_plugins(_checked(registry), None)
    with _lock:
        if _installed is None and not _blocks:
            _check_torch(unknown_torch)
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


#: What else to do when names are replaced, and when torch has its own back.
_hooks: list[tuple[Callable[[], None], Callable[[], None]]] = []


def while_installed(begin: Callable[[], None], end: Callable[[], None]) -> None:
    """Have ``begin`` called when vartrack takes torch's place, and ``end`` when it gives it back.

    Args:
        begin: called at once if it has taken it already.
        end: undoes what ``begin`` did.
    """
    with _lock:
        _hooks.append((begin, end))
        if _own is not None:
            begin()


#: While names are replaced: those that held vartrack's own before, by the id of their namespace.
_own: set[tuple[int, str]] | None = None
#: The names under which each module, by its id, may hold a part of the face.
_names: dict[int, frozenset[str]] = {}


def _replace(*, stock_for_ours: bool) -> None:
    """Swap the face in every module and closure that holds a part of it, all or none."""
    global _own
    face = _face()
    swaps = {id(torchs): ours for torchs, ours in face.values()}
    if stock_for_ours:
        swaps = {id(ours): torchs for torchs, ours in face.values()}
    holder = compat.stock_builder()
    for name, pair in face.items():
        found = vars(holder)[name]
        if all(found is not part for part in pair):
            raise InstallError(
                "VT304",
                f"{holder.__name__}.{name} is {found!r}: somebody else replaced it.",
                "undo the other replacement first.",
            )
    holders = list(_holders(face))
    if _own is None:
        _own = {(id(names), name) for names, name in holders if id(names[name]) not in swaps}
    for names, name in holders:
        if (id(names), name) not in _own and id(names[name]) in swaps:
            names[name] = swaps[id(names[name])]
    for cell in cells_of_handlers():
        cell.cell_contents = swaps.get(id(cell.cell_contents), cell.cell_contents)
    for begin, end in reversed(_hooks) if stock_for_ours else _hooks:
        (end if stock_for_ours else begin)()
    if stock_for_ours:
        _own = None


@functools.cache
def _face() -> dict[str, tuple[Any, Any]]:
    """For each name of the face what torch has there, and what takes its place.

    For a builder the latter is a subclass of vartrack's own. So a module that imports vartrack's
    builder can be told from one that imports torch's while that is replaced.
    """
    from vartrack.builder import FACE

    torchs = vars(compat.stock_builder())
    face = {}
    for name, ours in FACE.items():
        if name.endswith("Builder"):
            ours = type(name, (ours,), {"__slots__": (), "__module__": ours.__module__})
        face[name] = (torchs[name], ours)
    return face


def _holders(face: dict[str, tuple[Any, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every name in a module that holds a part of the face, with the namespace it is in."""
    parts = {id(part) for pair in face.values() for part in pair}
    usual = frozenset(face)
    for key, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType) or key.partition(".")[0] == "vartrack":
            continue
        names = vars(module)
        if id(module) not in _names:  # looked through once: it may use names of its own
            others = {name for name, held in list(names.items()) if id(held) in parts} - usual
            _names[id(module)] = usual | others if others else usual
        for name in _names[id(module)]:
            if id(names.get(name)) in parts:
                yield names, name
