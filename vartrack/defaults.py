"""The registries there are: `stock`, which does what torch does, `default` and `sound`."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, TypeVar, overload

import torch
from torch._subclasses.fake_tensor import FakeTensor

from vartrack import session
from vartrack.bases.tracing.in_torch.all import IN_TORCH
from vartrack.core.visitor import Visitor
from vartrack.dispatch.registry import Registry
from vartrack.soundness.registry import SoundRegistry
from vartrack.soundness.visitors.all import REPLACED, VISITORS
from vartrack.visitors import STOCK
from vartrack.visitors.order import ORDER

__all__ = ["KEPT", "default", "register", "sound", "stock"]

V = TypeVar("V", bound="type[Visitor]")

#: Types that Dynamo itself makes, passes on or asks for in every compile. A visitor that took all
#: of their values would stand in for torch, so it must say that it means to.
KEPT: tuple[type, ...] = (
    object,
    type,
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
    *(types.NoneType, bool, int, float, str, tuple, list, dict, set, slice, range),
    *(torch.Tensor, torch.nn.Parameter, FakeTensor, torch.nn.Module),
    *(torch.SymInt, torch.SymFloat, torch.SymBool, torch.Size, torch.dtype, torch.device),
)

#: Every visitor that ships with vartrack and fits the running torch.
stock: Registry = Registry("stock", ORDER)
for _visitor in STOCK:
    stock.register(_visitor)
stock.keep(KEPT)
stock.attach_for_more(*IN_TORCH)

#: What `install` runs on unless it is told otherwise. It starts as a copy of ``stock``; plugins
#: are added when it is first installed or used.
default: Registry = stock.derive("default")

#: The visitors of ``stock``, and guards for the facts that torch relies on without one.
sound: SoundRegistry = SoundRegistry("sound")
sound._copy(stock)
for _replaced in REPLACED:
    sound.unregister(_replaced)
for _visitor in VISITORS:
    sound.register(_visitor, override=True)


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
    in_force = session.installed_from(default)
    if in_force is not None:
        in_force.register(visitor, override=override, before=before, after=after)
    return default.register(visitor, override=override, before=before, after=after)
