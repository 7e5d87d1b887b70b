"""``value.name = ...`` of a folded value, which torch would not ask, or set on the value itself.

The same by ``object.__setattr__(value, ...)`` and ``super().__setattr__(...)``, which torch knows
of its own trackers alone. Kept under a name, as in ``put = object.__setattr__``, torch takes
it for the one of tensors, and asks the class of the object, which may well call ``put``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch._dynamo.exc import unimplemented
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.builtin import BuiltinVariable
from torch._dynamo.variables.misc import SuperVariable
from torch._dynamo.variables.torch import TorchInGraphFunctionVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable
from vartrack.bases.tracing.folded.traced_code import is_within
from vartrack.compat.instructions import SET, SETTER
from vartrack.core.texts.articles import with_article
from vartrack.core.wrapping.wrappers import Wrappers, in_this_release

__all__ = ["SETTING"]


_CHANGES = ("__setattr__", "__delattr__")


def _is_asked(owner: VariableTracker) -> bool:
    return isinstance(owner, FoldedVariable) and not isinstance(owner, UserDefinedObjectVariable)


def _asked(own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def call(self: Any, tx: Any, owner: VariableTracker, *args: VariableTracker) -> Any:
        if _is_asked(owner):
            return owner.call_method(tx, "__setattr__", [*args], {})
        return own(self, tx, owner, *args)

    return call


def _by_object(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method of `object`, called with the value: it is the one that the value has, as a rule."""

    @functools.wraps(own)
    def call_method(self: BuiltinVariable, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        if self.fn is object and name in _CHANGES and len(args) > 1 and not kwargs:
            owner = args[0].realize()
            if _is_asked(owner) and on_class(owner.python_type(), name) is vars(object)[name]:
                return owner.call_method(tx, name, [*args[1:]], {})
        return own(self, tx, name, args, kwargs)

    return call_method


def _by_name(own: Callable[..., Any]) -> Callable[..., Any]:
    """A method that tensors have, as a function: it may be that of `object`."""

    @functools.wraps(own)
    def call_tensor_method(self: Any, tx: Any, args: Any, kwargs: Any) -> Any:
        if self.get_function() is object.__setattr__:
            return BuiltinVariable(object).call_method(tx, "__setattr__", [*args], kwargs)
        return own(self, tx, args, kwargs)

    return call_tensor_method


def _by_super(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same, where `super` finds it."""

    @functools.wraps(own)
    def call_method(self: SuperVariable, tx: Any, name: str, args: Any, kwargs: Any) -> Any:
        owner = None if self.objvar is None else self.objvar.realize()
        if name in _CHANGES and owner is not None and args and not kwargs and _is_asked(owner):
            static = on_class(owner.python_type(), name)
            found, _ = self._resolved_getattr_and_source(tx, name)
            if found is vars(object)[name] and (static is found or is_within(tx, static)):
                return owner.call_method(tx, name, [*args], {})
        return own(self, tx, name, args, kwargs)

    return call_method


def _of_followed(own: Callable[..., Any]) -> Callable[..., Any]:
    """The same of torch's own objects: up to 2.14 it fails on one whose changes it does not follow,
    such as a number of a class of the user's, where later ones break the graph."""

    @functools.wraps(own)
    def method_setattr_standard(self: Any, tx: Any, *args: Any, **kwargs: Any) -> Any:
        if tx.output.side_effects.is_attribute_mutation(self):
            return own(self, tx, *args, **kwargs)
        cls = self.python_type()
        return unimplemented(
            gb_type="vartrack: an attribute of an object that torch does not follow",
            context=f"{cls.__module__}.{cls.__qualname__}",
            explanation=f"An attribute of {with_article(cls)} is set, which torch would not write "
            "back when the graph has run.",
            hints=["Set it outside the compiled function."],
        )

    return method_setattr_standard


#: What is put in place in torch.
SETTING = Wrappers(
    *in_this_release((UserDefinedObjectVariable, "method_setattr_standard", _of_followed)),
    (SETTER, SET, _asked),
    (BuiltinVariable, "call_method", _by_object),
    (TorchInGraphFunctionVariable, "call_tensor_method", _by_name),
    (SuperVariable, "call_method", _by_super),
)
