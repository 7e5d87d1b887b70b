"""What Python calls a type, or what is called, in the words of an error."""

from __future__ import annotations

from types import BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from torch._dynamo.variables.functions import NestedUserFunctionVariable

from vartrack.soundness.reading.lookups import dict_of

__all__ = ["call_in_words", "name_in_words"]

_OF_C = (WrapperDescriptorType, MethodDescriptorType)


def name_in_words(cls: type) -> str:
    """The name of ``cls``: one that is written in C has its module's before it."""
    module = cls.__module__
    if module == "builtins" or not any(_is_of_c(held, cls) for held in dict_of(cls).values()):
        return cls.__name__
    return f"{module}.{cls.__name__}"


def _is_of_c(held: Any, cls: type) -> bool:
    """Whether it is a method in C of ``cls`` itself: the class of an enum holds those of others."""
    if type(held) is BuiltinFunctionType:
        return held.__self__ is cls
    return type(held) in _OF_C and held.__objclass__ is cls


def call_in_words(called: Any) -> str | None:
    """A call of what the tracker stands for, such as ``module.function()``; None if not known."""
    value = getattr(called, "fn", None) or getattr(called, "value", None)
    name, module = (getattr(value, each, None) for each in ("__qualname__", "__module__"))
    if isinstance(called, NestedUserFunctionVariable):  # it is made while the program runs
        name = getattr(called.get_code(), "co_qualname", None)
        name = name or called.fn_name.as_python_constant()
        module = called.f_globals.get("__name__")
    if not isinstance(name, str):
        return None
    is_builtin = module is None or module == "builtins"
    return f"{name}()" if is_builtin else f"{module}.{name}()"
