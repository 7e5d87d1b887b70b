"""The kinds of guard that torch has, and how one is put on a source."""

from __future__ import annotations

import difflib
import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

from torch._dynamo.guards import GuardBuilder, install_guard
from torch._dynamo.source import AttrSource

from vartrack.compat.making import takes
from vartrack.core.guarding.keys import KEY_MATCH, STATE_MATCH
from vartrack.core.guarding.no_alias import NO_ALIAS
from vartrack.core.guarding.presence import ATTRIBUTE, SLOT_HOLDS, TAKEN_FOR_IMMUTABLE, SlotCheck
from vartrack.core.texts.wording import worded
from vartrack.errors import VisitorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._guards import Source

__all__ = [
    "GUARD_KINDS",
    "guard_of_key",
    "install",
    "install_absence",
    "install_presence",
    "install_stored",
    "needs",
    "suggestions",
]

#: Guard kind by name: those that torch's ``GuardBuilder`` defines, and vartrack's own.
GUARD_KINDS: dict[str, Callable[..., Any]] = {
    name: getattr(GuardBuilder, name)
    for name in dir(GuardBuilder)
    if name.isupper() and not name.startswith("_")
}
GUARD_KINDS["KEY_MATCH"] = KEY_MATCH
GUARD_KINDS["STATE_MATCH"] = STATE_MATCH
GUARD_KINDS["NO_ALIAS"] = NO_ALIAS


def suggestions(kind: str) -> str:
    """The kinds that ``kind`` may have been meant for; where all are listed if none is like it."""
    near = difflib.get_close_matches(str(kind).strip().upper(), GUARD_KINDS, 3)
    return (
        " or ".join(near)
        if near
        else f"one of `vartrack.GUARD_KINDS`: {', '.join(sorted(GUARD_KINDS))}"
    )


def needs(kind: str) -> list[str]:
    """The options without which a guard of ``kind`` cannot be made."""
    return [name for name, is_needed in _options(kind).items() if is_needed]


@functools.cache
def _options(kind: str) -> dict[str, bool]:
    """The options of a kind of guard, and whether it needs them."""
    parameters = [*inspect.signature(GUARD_KINDS[kind]).parameters.values()]
    return {each.name: each.default is each.empty for each in parameters[2:]}  # builder, guard


@functools.cache  # what was right is asked once
def _check_options(kind: str, given: tuple[str, ...]) -> None:
    """Raise if a guard of ``kind`` cannot be made with the options ``given``."""
    known, needed = _options(kind), needs(kind)
    if unknown := [name for name in given if name not in known]:
        fix = f"leave it out; it takes {', '.join(known) or 'no option'}."
        raise VisitorError("VT105", f"a guard {kind} has no option {unknown[0]!r}", fix)
    if missing := [name for name in needed if name not in given]:
        fix = f"call `ctx.guard({kind!r}, {', '.join(f'{name}=...' for name in needed)})`."
        raise VisitorError("VT105", f"a guard {kind} needs {', '.join(missing)}", fix)


@functools.cache  # the same is added once
def _of_attribute(name: str, there: bool) -> Callable[..., None]:
    return functools.partial(ATTRIBUTE, name=name, there=there)


def install_presence(source: Source, value: Any, name: str) -> None:
    """Guard whether ``value``, which comes from ``source``, has the attribute, as it is now."""
    if isinstance(value, TAKEN_FOR_IMMUTABLE):
        install_guard(source.make_guard(_of_attribute(name, hasattr(value, name))))
    elif takes(GuardBuilder.HASATTR, "attr"):
        install(source, "HASATTR", {"attr": name})
    else:  # up to 2.11 it stands on the attribute
        install(AttrSource(source, name), "HASATTR")


def install_stored(source: Source, value: Any, name: str) -> None:
    """Guard that ``value``, which comes from ``source``, stores an attribute ``name`` itself."""
    if name in getattr(value, "__dict__", ()):
        install_key(AttrSource(source, "__dict__"), name, present=True)
    else:
        _install_slot(source, value, name)


def install_key(source: Source, key: Any, *, present: bool) -> None:
    """Guard whether the dict, also that of a class, which comes from ``source`` has ``key``."""
    kind, options = _of_key(key, present)
    install(source, kind, options)


def guard_of_key(key: Any, *, present: bool) -> Callable[..., None]:
    """What makes the guard whether a dict has ``key``, as `Source.make_guard` takes it."""
    kind, options = _of_key(key, present)
    return functools.partial(GUARD_KINDS[kind], **options)


def _of_key(key: Any, present: bool) -> tuple[str, dict[str, Any]]:
    """The kind of guard that says whether a dict has ``key``, and its options."""
    if takes(GuardBuilder.DICT_CONTAINS, "invert"):
        return "DICT_CONTAINS", {"key": key, "invert": not present}
    return "DICT_CONTAINS" if present else "DICT_NOT_CONTAINS", {"key": key}


def install_absence(source: Source, value: Any, name: str) -> None:
    """Guard that ``value``, which comes from ``source``, stores no attribute ``name`` itself."""
    if hasattr(value, "__dict__"):
        install(source, "NOT_PRESENT_IN_GENERIC_DICT", {"attr": name})
    if type(inspect.getattr_static(type(value), name, None)) is types.MemberDescriptorType:
        _install_slot(source, value, name)


def _install_slot(source: Source, value: Any, name: str) -> None:
    """Guard whether the slot ``name`` of ``value`` holds something, as it does or does not now."""
    slot = inspect.getattr_static(type(value), name, None)
    if hasattr(type(value), "__getattr__") and type(slot) is types.MemberDescriptorType:
        check = SlotCheck(slot, value)  # else an empty one is found as well
        install_guard(source.make_guard(functools.partial(SLOT_HOLDS, check=check)))
    else:
        install_presence(source, value, name)


def install(source: Source, kind: str, options: dict[str, Any] | None = None) -> bool:
    """Put a guard of ``kind`` on ``source`` in the current tracing context.

    Args:
        source: what is guarded.
        kind: a key of `GUARD_KINDS`.
        options: further arguments that the kind takes, such as ``value`` for ``TENSOR_MATCH``.

    Returns:
        False if the source cannot carry guards (a constant source, say), else True.

    Raises:
        VisitorError: there is no such kind, or it takes other options.
    """
    create = GUARD_KINDS.get(kind)
    if create is None:
        raise VisitorError(
            "VT105", f"there is no guard of the kind {worded(kind)}", f"use {suggestions(kind)}."
        )
    _check_options(kind, (*options,) if options else ())
    create = getattr(GuardBuilder, kind, create)  # a registry may have put something around it
    if options:
        create = functools.partial(create, **options)
    try:
        guard = source.make_guard(create)
    except NotImplementedError:
        return False
    install_guard(guard, skip=2)
    return True
