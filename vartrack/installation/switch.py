"""`install`, `uninstall` and `use`: vartrack in the place of torch's own builder."""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from vartrack import compat, doctor, session
from vartrack import extras as ready_made
from vartrack.compat import shared
from vartrack.core.texts.wording import worded
from vartrack.core.wrapping.attached import IN_FORCE
from vartrack.defaults import default
from vartrack.dispatch.registry import Registry
from vartrack.errors import InstallError
from vartrack.installation.builders import STAND_INS
from vartrack.installation.patch import Patch
from vartrack.plugins import prepare as prepare_plugins
from vartrack.soundness.registry import SoundRegistry

__all__ = ["PATCH", "audited", "install", "uninstall", "use"]


def _stand_in(name: str, ours: Any) -> Any:
    """What takes the place of torch's ``name``.

    For a builder that is a subclass of vartrack's own. So a module that imports vartrack's builder
    can be told from one that imports torch's while that is replaced.
    """
    if name.endswith("Builder"):
        return type(name, (ours,), {"__slots__": (), "__module__": ours.__module__})
    return ours


#: What is changed in torch while vartrack is in its place.
PATCH = Patch(
    shared.stock_builder(),
    {
        name: (vars(shared.stock_builder())[name], _stand_in(name, ours))
        for name, ours in STAND_INS.items()
    },
)


class _Blocks:
    """How many ``use`` blocks need the patch, and the lock under which that and it change."""

    def __init__(self) -> None:
        self.open = 0
        self.lock = threading.RLock()


_blocks = _Blocks()


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
    base = registry = default if registry is None else _checked(registry)
    extras = (extras,) if isinstance(extras, str) else extras
    current = session.current
    if current.installed is None:  # before the lock is taken, as plugins are anybody's code
        registry = _with_plugins(registry, plugins)
    with _blocks.lock:
        if current.installed is not None:
            raise InstallError(
                "VT301",
                f"vartrack is installed already, with the registry {current.installed.name!r}.",
                "call vartrack.uninstall() first, or run a block on another registry with "
                "`with vartrack.use(registry):`.",
            )
        _check_torch(unknown_torch)
        names = tuple(extras)
        if names:
            registry = registry.derive(f"{registry.name} with {', '.join(names)}")
            _add_extras(registry, names)
        _enter(registry)
        current.installed, current.base = registry, base
    if isinstance(registry, SoundRegistry):
        registry.warn_of_gaps()
    return registry


def _checked(registry: Any) -> Registry:
    """``registry``, if it is one.

    Raises:
        InstallError: it is not.
    """
    if isinstance(registry, Registry):
        return registry
    raise InstallError(
        "VT307",
        f"{worded(registry)} is no registry.",
        "pass one, such as vartrack.default; ready-made sets go by name in "
        "vartrack.install(extras=[...]).",
    )


def _with_plugins(registry: Registry, plugins: bool | Iterable[str] | None) -> Registry:
    if registry is default:
        prepare_plugins(registry, plugins)
    elif plugins:
        registry = registry.derive(f"{registry.name} with plugins")
        prepare_plugins(registry, plugins)
    return registry


def uninstall() -> None:
    """Give torch its own builder back.

    Raises:
        InstallError: vartrack is not installed, or somebody else replaced torch's names since.

    .. versionadded:: 0.1
    """
    current = session.current
    with _blocks.lock:
        if current.installed is None:
            raise InstallError(
                "VT302", "vartrack is not installed.", "call vartrack.install() first."
            )
        IN_FORCE.leave(current.installed)
        if not _blocks.open:
            try:
                PATCH.revert()
            except InstallError:
                IN_FORCE.enter(current.installed)
                raise
        current.installed = current.base = None


@contextlib.contextmanager
def use(
    registry: Registry | None, *, unknown_torch: bool | None = None
) -> Iterator[Registry | None]:
    """Run the compiles that begin in this block, in this thread, on ``registry``.

    vartrack need not be installed. None stands for torch's own builder. The first block on
    ``vartrack.default`` loads the plugins, see `vartrack.plugins`.

    .. versionadded:: 0.1
    """
    current = session.current
    if registry is not None:
        _with_plugins(_checked(registry), None)
    with _in_place(registry, unknown_torch):
        token = current.used.set(registry)
        try:
            yield registry
        finally:
            current.used.reset(token)


@contextlib.contextmanager
def audited(registry: Registry, *, unknown_torch: bool | None = None) -> Iterator[None]:
    """Have all compiles that begin in this block, in all threads, note the facts they rely on.

    Those that would run on torch's own builder run on ``registry``, which also gives the ledgers
    to those of registries that keep none.
    """
    current = session.current
    with _in_place(registry, unknown_torch):
        outer, current.audited = current.audited, registry
        try:
            yield
        finally:
            current.audited = outer


@contextlib.contextmanager
def _in_place(registry: Registry | None, unknown_torch: bool | None) -> Iterator[None]:
    """Have vartrack in torch's place in a block, with what ``registry`` needs there."""
    with _blocks.lock:
        if not PATCH.is_applied:
            _check_torch(unknown_torch)
        _enter(registry)
        _blocks.open += 1
    try:
        yield
    finally:
        with _blocks.lock:
            if registry is not None:
                IN_FORCE.leave(registry)
            _blocks.open -= 1
            _revert_if_unused()


def _enter(registry: Registry | None) -> None:
    """Put vartrack in torch's place, with what ``registry`` needs there; or change nothing."""
    if not PATCH.is_applied:
        PATCH.apply()
    try:
        if registry is not None:
            IN_FORCE.enter(registry)
    except BaseException:
        _revert_if_unused()
        raise


def _revert_if_unused() -> None:
    if session.current.installed is None and not _blocks.open:
        PATCH.revert()


def _check_torch(unknown_torch: bool | None) -> None:
    if compat.is_known() or doctor.is_as_known() or doctor.is_proved():
        return
    if unknown_torch is None:
        unknown_torch = os.environ.get("VARTRACK_UNKNOWN_TORCH") == "1"
    known = ", ".join(compat.KNOWN)
    if not unknown_torch:
        raise InstallError(
            "VT303",
            f"vartrack was not compared with torch {compat.RUNNING}; it knows {known}.{_drift()}",
            f"{compat.pip_line()}; or run `python -m vartrack doctor --prove`, which builds every "
            "example and has this torch accepted if all are equal; or pass unknown_torch=True (or "
            "set VARTRACK_UNKNOWN_TORCH=1) and check your program with vartrack.compare.",
        )
    warnings.warn(
        f"vartrack runs on torch {compat.RUNNING}, which it was not compared with; "
        f"it knows {known}.",
        stacklevel=3,
    )


def _drift() -> str:
    """What differs from the release that is nearest, in a few lines."""
    found = doctor.examine()
    if found.passed:
        return f" Nothing that can be read differs from {found.against}."
    return f" Against {found.against}:\n{doctor.short_list(found)}"


def _add_extras(registry: Registry, names: tuple[str, ...]) -> None:
    for name in names:
        ready_made.load(name).register(registry)
