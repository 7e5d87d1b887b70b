"""The default registry: what ships with vartrack, plugins, and what `register` is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from vartrack import switching
from vartrack.registry import Registry
from vartrack.stock import stock
from vartrack.visitor import Visitor

__all__ = ["default", "register"]

V = TypeVar("V", bound="type[Visitor]")

#: What `install` runs on unless it is told otherwise. It starts as a copy of ``stock``; plugins
#: are added when it is first installed or used.
default: Registry = stock.derive("default")


@overload
def register(
    visitor: V,
    *,
    override: bool = False,
    before: type[Visitor] | None = None,
    after: type[Visitor] | None = None,
) -> V: ...


@overload
def register(
    visitor: None = None,
    *,
    override: bool = False,
    before: type[Visitor] | None = None,
    after: type[Visitor] | None = None,
) -> Callable[[V], V]: ...


def register(
    visitor: V | None = None,
    *,
    override: bool = False,
    before: type[Visitor] | None = None,
    after: type[Visitor] | None = None,
) -> Any:
    """Add a visitor class to the `default` registry; a decorator, with or without arguments.

    The same as ``vartrack.default.register``. If `install` made the registry in force from the
    default one, by adding extras, the visitor is added to that as well.

    Args:
        visitor: the class.
        override: whether it may replace the visitor of a type that is taken.
        before: a visitor that it is asked before, as in `Registry.register`.
        after: a visitor that it is asked after.

    Returns:
        The class.

    Raises:
        RegistrationError: as from `Registry.register`.

    .. versionadded:: 0.1
    """
    if visitor is None:
        return lambda cls: register(cls, override=override, before=before, after=after)
    in_force = switching.installed_from(default)
    if in_force is not None:
        in_force.register(visitor, override=override, before=before, after=after)
    return default.register(visitor, override=override, before=before, after=after)
