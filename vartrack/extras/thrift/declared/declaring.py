"""`dynamic` and `frozen`: how a program declares what becomes of its values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

from vartrack.core.texts.articles import with_article
from vartrack.core.texts.wording import worded
from vartrack.dispatch.registry import Registry
from vartrack.errors import RegistrationError
from vartrack.extras.thrift.declared import debugging
from vartrack.extras.thrift.declared.table import EVERYWHERE, Declarations
from vartrack.extras.thrift.declared.visitors import Declared, add_first

__all__ = ["dynamic", "frozen"]

T = TypeVar("T")
C = TypeVar("C", bound=type)
#: Stands for no object.
_NOTHING: Any = object()


@overload
def dynamic(name: str, /, *names: str) -> Callable[[C], C]: ...


@overload
def dynamic(name: str, /, *names: str, of: T, registry: Registry | None = None) -> T: ...


def dynamic(name: str, /, *names: str, of: Any = None, registry: Registry | None = None) -> Any:
    """Declare that numbers change: they are symbols from the first compile on.

    The set thrift finds out by itself, one compile later. A declaration saves that compile; where
    it is wrong, a symbol stands where a constant would have done, and nothing else is.

    Args:
        name: the name of an attribute that holds an int or a float.
        names: others.
        of: the class or the object that has them. Without it a decorator of classes is returned.
            Subclasses are meant as well.
        registry: the registry it holds for, which has the set thrift; every one that has it, if
            not given.

    Returns:
        A decorator, or what was given as ``of``.

    Raises:
        RegistrationError: the registry has not the set thrift, a name is none of an attribute, or
            the object cannot be referred to weakly.

    .. versionadded:: 0.2
    """
    found = frozenset((name, *names))
    for one in found:
        if not isinstance(one, str) or not one.isidentifier():
            raise RegistrationError(
                "VT213",
                f"vartrack.dynamic takes names of attributes, not {worded(one)}.",
                'write `@vartrack.dynamic("step", "epoch")` above the class.',
            )

    def declare(target: Any) -> Any:
        if not isinstance(target, type):
            _check(target)  # of a class nothing is known by which object it is
        _table(registry, target).add_dynamic(target, found)
        return target

    return declare if of is None else declare(of)


@overload
def frozen(*, registry: Registry | None = None, debug: bool | None = None) -> Callable[[T], T]: ...


@overload
def frozen(target: T, *, registry: Registry | None = None, debug: bool | None = None) -> T: ...


def frozen(target: Any = _NOTHING, *, registry: Registry | None = None, debug: Any = None) -> Any:
    """Declare that objects never change once they are made: one guard on which object it is.

    It stands in place of the guards on everything that is read of the object: attributes, and what
    they hold, down to modules and tensors, which are guarded as ever. Of a module that is declared
    itself all but its tensors and ``training`` is meant, submodules too. Where the promise is
    broken, compiled code goes on with what the object was when it was compiled. A change in
    traced code breaks the graph.

    Args:
        target: a class, whose own instances are meant and not those of subclasses; or one object.
            Can be used as a decorator, and without it a decorator is returned.
        registry: the registry it holds for, which has the set thrift; every one that has it, if
            not given.
        debug: whether changes are errors. Setting an attribute is one at once, anything else when
            the object is next looked at. By default if the environment sets
            ``VARTRACK_DEBUG_FROZEN=1``.

    Returns:
        What was given, or a decorator.

    Raises:
        RegistrationError: the registry has not the set thrift, or the objects cannot be referred
            to weakly.

    .. versionadded:: 0.2
    """
    if target is _NOTHING:
        return functools.partial(frozen, registry=registry, debug=debug)
    _check(target)
    _table(registry, target).add_frozen(target)
    if debugging.wanted(debug):
        debugging.watch(target)
    return target


def _check(target: Any) -> None:
    """Refuse what could be forgotten, and something else be taken for it."""
    cls = target if isinstance(target, type) else type(target)
    if not cls.__weakrefoffset__:
        own = 'add "__weakref__" to its __slots__, of a dataclass by `weakref_slot=True`, or '
        raise RegistrationError(
            "VT213",
            f"Nothing can be declared of {worded(target)}: {with_article(cls)} cannot be referred "
            "to weakly, so another object in its place would not be noticed.",
            f"{own if '__slots__' in vars(cls) else ''}declare the object that holds it.",
        )


def _table(registry: Registry | None, target: Any) -> Declarations:
    """What to write a declaration into; for a registry it is one of its own."""
    if registry is None:
        return EVERYWHERE
    if not isinstance(registry, Registry):
        raise RegistrationError(
            "VT213",
            f"A declaration holds for a registry, and not for {worded(registry)}.",
            'make one, `vartrack.stock.derive("mine")`, or leave `registry` out.',
        )
    # imported here, as the set itself holds this family
    from vartrack.extras.thrift.numbers.changing import Integers

    if Integers not in registry:
        raise RegistrationError(
            "VT212",
            f"{registry.name!r} has not the set thrift, without which declarations say nothing.",
            "call vartrack.extras.thrift.register(registry) first.",
        )
    declarations = Declarations()
    is_class = isinstance(target, type)
    cls = target if is_class else type(target)
    visitor = type(
        f"Declared{cls.__name__}",
        (Declared,),
        {
            "types": (cls, type(cls)) if is_class else (cls,),  # the class has attributes as well
            "declarations": declarations,
            "when": staticmethod(declarations.is_named),
            "__module__": __name__,
            "__doc__": f"What was declared of {worded(target)}.",
        },
    )
    add_first(registry, visitor)
    return declarations
