"""What annotations are made of: ``typing.List[int]``, ``int | str``, type variables."""

from __future__ import annotations

import types
import typing
from typing import Any

from torch._dynamo.utils import is_typing
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import TypingVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.compat import behaviour
from vartrack.compat.names import final_typing_classes
from vartrack.core.context import BuilderContext
from vartrack.core.halves import Sourced, Sourceless
from vartrack.core.visitor import Visitor


class TypingObjects(Sourced, Visitor):
    """``typing.List[int]``, ``int | str``, type variables and their like."""

    one_half = "made while tracing, only some of them have a form"
    types = (
        typing._Final,
        types.UnionType,
        type(typing.Union),
        type,
        *final_typing_classes,
    )
    guarded_by = "ID_MATCH"
    tracker_class = TypingVariable

    @staticmethod
    def when(value: Any) -> bool:
        return is_typing(value)


class NewTypingObjects(Sourceless, Visitor):
    """``list[int]``, ``int | str`` and ``Union[int, str]`` made while tracing."""

    one_half = "with a source, more of them have a form"
    types = (
        types.GenericAlias,
        types.UnionType,
        *((typing._UnionGenericAlias,) if behaviour.BUILDS_UNIONS else ()),  # type: ignore[attr-defined]
    )
    tracker_class = TypingVariable

    def new_tracker(
        self, ctx: BuilderContext, value: Any, children: None, **options: Any
    ) -> VariableTracker:
        if isinstance(value, type):  # as `list[int]` says of itself up to Python 3.10
            return UserDefinedClassVariable(value, **options)
        return TypingVariable(value, **options)
