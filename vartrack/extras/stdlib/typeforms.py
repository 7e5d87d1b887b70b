"""Unions and type variables."""

from __future__ import annotations

import typing
from typing import Any

from vartrack.bases import ConstantVisitor
from vartrack.bases.tracing.folded.folded_variable import FoldedVariable

__all__ = ["TypeVariables", "Unions"]


class TypeFormVariable(FoldedVariable):
    """What `isinstance` and `issubclass` take as well."""

    def get_real_python_backed_value(self) -> object:
        return self.value


class _TypeForm(ConstantVisitor, abstract=True):
    """What annotations are made of, taken before torch's own visitor is asked."""

    exact = True
    folded_class = TypeFormVariable

    @staticmethod
    def when(value: Any) -> bool:
        return True  # to be asked before torch's own, which has a test as well


def _parts(form: Any) -> Any:
    """``form`` with its arguments in their order, which equal unions may not share."""
    arguments = getattr(form, "__args__", None)
    if not isinstance(arguments, tuple):
        return form
    return type(form), getattr(form, "__origin__", None), *map(_parts, arguments)


class Unions(_TypeForm):
    """``int | str`` and ``typing.Union[int, str]``, by what they are made of.

    .. versionadded:: 0.1
    """

    types = tuple({type(int | str), type(typing.Union[int, str])})  # noqa: UP007
    key = staticmethod(_parts)


class TypeVariables(_TypeForm):
    """TypeVar, ParamSpec and TypeVarTuple, by name, home, bounds and variance.

    .. versionadded:: 0.1
    """

    types = tuple(
        getattr(typing, name)
        for name in ("TypeVar", "ParamSpec", "TypeVarTuple")
        if hasattr(typing, name)
    )

    @staticmethod
    def key(value: Any) -> Any:
        variance = (
            getattr(value, "__covariant__", None),
            getattr(value, "__contravariant__", None),
            getattr(value, "__infer_variance__", None),
        )
        limits = (
            getattr(value, "__bound__", None),
            getattr(value, "__constraints__", ()),
            getattr(value, "__default__", None),
        )
        return value.__module__, value.__name__, *variance, *map(_parts, limits)
