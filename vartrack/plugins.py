"""Plugins: visitors that installed packages bring along.

A package declares an entry point in the group ``vartrack.visitors``::

    [project.entry-points."vartrack.visitors"]
    money = "acme_money.vartrack_visitors"

It leads to a visitor class, to a callable that takes a registry, or to a module with a function
``register(registry)``. Plugins are imported when `vartrack.default` is first installed or used,
and are registered in it. ``vartrack.install(plugins=False)`` does without them. The environment
variable ``VARTRACK_PLUGINS`` says so from outside: ``0`` for none, ``money,units`` for these only,
``-money`` for all but this one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from vartrack.core.texts.warn_at import warn_at
from vartrack.core.texts.wording import without_addresses, worded
from vartrack.core.user_code.interrupts import INTERRUPTS
from vartrack.core.visitor import Visitor
from vartrack.defaults import default
from vartrack.errors import PluginError, PluginWarning

if TYPE_CHECKING:
    from vartrack.dispatch.registry import Registry

__all__ = [
    "GROUP",
    "VARIABLE",
    "Choice",
    "Plugin",
    "found",
    "load",
    "loaded",
    "prepare",
    "preserved",
    "unload",
]

#: The group of entry points.
GROUP = "vartrack.visitors"
#: The environment variable that chooses among them.
VARIABLE = "VARTRACK_PLUGINS"

#: Which plugins: all, none, or those of these names.
Choice: TypeAlias = "bool | Iterable[str]"


@dataclass(frozen=True)
class Plugin:
    """One entry point, and what became of it in one registry.

    Attributes:
        name: its name, the one that turns it off.
        value: where it leads, as ``package.module:name``.
        distribution: the package that it came with.
        version: of that package.
        state: ``"loaded"``, ``"failed"``, ``"off"`` or ``"not loaded"``.
        visitors: the names of the visitors it registered.
        error: why it failed.

    .. versionadded:: 0.1
    """

    name: str
    value: str
    distribution: str
    version: str
    state: str = "not loaded"
    visitors: tuple[str, ...] = ()
    error: str = ""

    def __str__(self) -> str:
        text = f"{self.name} ({self.value}) of {self.distribution} {self.version}: {self.state}"
        more = self.error or ", ".join(self.visitors)
        return f"{text}: {more}" if more else text


class _Known:
    """What is known of the plugins of one registry, by distribution and name.

    Attributes:
        complete: whether all that were allowed have been loaded once.
        plugins: those that were loaded, or failed.
        classes: the visitors that each of the former registered.
    """

    def __init__(self) -> None:
        self.complete = False
        self.plugins: dict[tuple[str, str], Plugin] = {}
        self.classes: dict[tuple[str, str], tuple[type[Visitor], ...]] = {}


_lock = threading.RLock()
_known: weakref.WeakKeyDictionary[Registry, _Known] = weakref.WeakKeyDictionary()
#: The registries that plugins are being loaded into, and that must not begin anew meanwhile.
_busy: weakref.WeakSet[Registry] = weakref.WeakSet()


def found(registry: Registry | None = None) -> tuple[Plugin, ...]:
    """Every plugin that is installed, and what became of it in ``registry``. Imports none.

    Args:
        registry: ``vartrack.default`` if not given.

    .. versionadded:: 0.1
    """
    entries = _entries()
    allowed = _allowed(entries, None)
    with _lock:
        known = _known.get(_or_default(registry), _Known())
        return tuple(
            known.plugins.get(key)
            or replace(_described(entry), state="not loaded" if entry.name in allowed else "off")
            for key, entry in entries.items()
        )


def loaded(registry: Registry | None = None) -> tuple[Plugin, ...]:
    """The plugins that were loaded into ``registry``, with the visitors they registered.

    Args:
        registry: ``vartrack.default`` if not given.

    .. versionadded:: 0.1
    """
    with _lock:
        known = _known.get(_or_default(registry), _Known())
        return tuple(plugin for plugin in known.plugins.values() if plugin.state == "loaded")


def load(registry: Registry | None = None, only: Choice | None = None) -> tuple[Plugin, ...]:
    """Load into ``registry`` the plugins that are not there yet; those that failed try again.

    A plugin that fails is left out with a `PluginWarning`, and the registry is as it was before.

    Args:
        registry: ``vartrack.default`` if not given.
        only: the names of those to load, if not all. What ``VARTRACK_PLUGINS`` turns off is not
            loaded either way.

    Returns:
        All that are loaded now.

    Raises:
        PluginError: ``only`` names one that is not installed.

    .. versionadded:: 0.1
    """
    registry = _or_default(registry)
    entries = _entries()
    allowed = _allowed(entries, only)
    with _lock:
        if registry in _busy:
            return loaded(registry)  # a plugin that is being loaded uses vartrack itself
        known = _known.setdefault(registry, _Known())
        known.complete |= only is None or only is True
        _busy.add(registry)
        try:
            for key, entry in entries.items():
                if entry.name in allowed and key not in known.classes:
                    _load(key, entry, registry, known)
        finally:
            _busy.discard(registry)
        return loaded(registry)


def unload(registry: Registry | None = None, but: Iterable[str] = ()) -> None:
    """Take what plugins registered out of ``registry``. What it overrode is there again.

    Args:
        registry: ``vartrack.default`` if not given.
        but: the names of plugins that stay.

    .. versionadded:: 0.1
    """
    registry = _or_default(registry)
    stay = frozenset(but)
    with _lock:
        known = _known.get(registry, _Known())
        known.complete = False
        for key in reversed([key for key in known.classes if key[1] not in stay]):
            del known.plugins[key]
            for cls in reversed(known.classes.pop(key)):
                if cls in registry:
                    registry.unregister(cls)


def prepare(registry: Registry, choice: Choice | None) -> None:
    """Have ``registry`` hold the plugins of ``choice`` and no others.

    Args:
        registry: what will be in force.
        choice: None for all, which are looked for only once.
    """
    if choice is None:
        with _lock:
            complete = registry in _known and _known[registry].complete
        if not complete:
            load(registry)
        return
    if choice is not True:
        choice = (choice,) if isinstance(choice, str) else tuple(choice or ())
        unload(registry, but=choice)
    load(registry, choice)


@contextlib.contextmanager
def preserved() -> Iterator[None]:
    """In the block no plugin is known to be loaded; after it, what was known before is again.

    What plugins registered meanwhile stays in the registry: see `Registry.preserved`.

    .. versionadded:: 0.2
    """
    with _lock:
        known = dict(_known)
        _known.clear()
    try:
        yield
    finally:
        with _lock:
            _known.clear()
            _known.update(known)


def _or_default(registry: Registry | None) -> Registry:
    return default if registry is None else registry


def _described(entry: EntryPoint) -> Plugin:
    source = entry.dist
    name, version = ("(unknown)", "") if source is None else (source.name, source.version)
    return Plugin(entry.name, entry.value, name, version)


def _entries() -> dict[tuple[str, str], EntryPoint]:
    """The entry points by distribution and name, in that order."""
    entries = entry_points(group=GROUP)
    named = {(_described(entry).distribution, entry.name): entry for entry in entries}
    return {key: named[key] for key in sorted(named)}


def _load(key: tuple[str, str], entry: EntryPoint, registry: Registry, known: _Known) -> None:
    before = {type(visitor) for visitor in registry}
    plugin = _described(entry)
    try:
        with registry.unchanged_if_it_fails():
            _register_of(entry.load(), plugin)(registry)
    except INTERRUPTS:
        raise
    except BaseException as error:
        plugin = replace(plugin, state="failed", error=_told(error))
        _warn(
            "VT501",
            f"The plugin {plugin.name!r} ({plugin.value}) of {plugin.distribution} "
            f"{plugin.version} was left out: {plugin.error}.",
            f"update or uninstall {plugin.distribution}, or turn the plugin off with "
            f"{VARIABLE}=-{plugin.name} or vartrack.install(plugins=False).",
        )
    else:
        new = [type(visitor) for visitor in registry if type(visitor) not in before]
        known.classes[key] = tuple(new)
        plugin = replace(plugin, state="loaded", visitors=tuple(cls.__name__ for cls in new))
    known.plugins[key] = plugin


def _register_of(found: Any, plugin: Plugin) -> Callable[[Registry], Any]:
    """What registers the visitors that the entry point led to."""
    if isinstance(found, type) and issubclass(found, Visitor):
        return lambda registry: registry.register(found)
    register = getattr(found, "register", None) if isinstance(found, types.ModuleType) else found
    if not callable(register):
        raise PluginError(
            "VT502",
            f"{plugin.value} is {worded(found)}, which is no plugin.",
            "have the entry point lead to a visitor class, to a callable that takes a registry, "
            "or to a module with a function register(registry).",
        )
    return register


def _allowed(entries: dict[tuple[str, str], EntryPoint], only: Choice | None) -> frozenset[str]:
    """The names that the environment and ``only`` both allow."""
    names = frozenset(name for _, name in entries)
    allowed = _by_environment(names)
    if only is None or only is True:
        return allowed
    wanted = frozenset((only,) if isinstance(only, str) else only or ())
    if wanted - names:
        raise PluginError(
            "VT503",
            f"There is no plugin {' or '.join(map(repr, sorted(wanted - names)))}.",
            f"install it, or use names out of: {_listed(names)}.",
        )
    return allowed & wanted


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "(none is installed)"


def _by_environment(names: frozenset[str]) -> frozenset[str]:
    text = os.environ.get(VARIABLE, "").strip()
    if text.lower() in ("", "1", "all", "on", "true"):
        return names
    if text.lower() in ("0", "none", "off", "false"):
        return frozenset()
    said = {name.strip() for name in text.split(",")} - {""}
    dropped = {name[1:] for name in said if name.startswith("-")}
    kept = {name for name in said if not name.startswith("-")}
    unknown = sorted((dropped | kept) - names)
    if unknown:
        _warn(
            "VT504",
            f"{VARIABLE}={text} names {', '.join(map(repr, unknown))}, which is not installed.",
            f"use names out of: {_listed(names)}.",
        )
    return (frozenset(kept) if kept else names) - dropped


_ON_THE_WAY = (
    str(Path(__file__).parent) + os.sep,
    str(Path(importlib.__file__).parent) + os.sep,
    contextlib.__file__,
    "<frozen ",
)


def _on_the_way(filename: str) -> bool:
    """Whether a file only leads from whoever uses vartrack to the plugin."""
    return filename.startswith(_ON_THE_WAY)


def _told(error: BaseException) -> str:
    """The error in one line, and where it comes from."""
    first = without_addresses(str(error)).partition("\n")[0].removesuffix(".")
    text = ": ".join(filter(None, (type(error).__name__, first)))
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{one.filename}:{one.lineno}" for one in frames if not _on_the_way(one.filename)]
    return f"{text} (at {places[-1]})" if places else text


def _warn(code: str, what: str, fix: str) -> None:
    """Warn in the name of the line outside vartrack that led here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _on_the_way(frame.f_code.co_filename):
        frame = frame.f_back
    warn_at(PluginWarning(code, what, fix), frame.f_code.co_filename, frame.f_lineno)
