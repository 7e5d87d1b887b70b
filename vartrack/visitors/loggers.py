"""Loggers, and functions that print or log."""

from __future__ import annotations

import logging
import types
from typing import Any

from torch._dynamo import config
from torch._dynamo.variables.misc import (
    DebuggingVariable,
    LoggingLoggerVariable,
)

from vartrack.compat.names import IgnoredFunctionVariable
from vartrack.core.halves import Sourced
from vartrack.core.visitor import Visitor
from vartrack.visitors.callables import (
    CALLABLES,
    is_callable_type,
)
from vartrack.visitors.one_half import AS_ANY_FUNCTION_WHEN_NEW, REFUSED_WHEN_NEW


class ReorderableLogging(Sourced, Visitor):
    """``print`` and its like, where ``config.reorderable_logging_functions`` lists them."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = (types.FunctionType, types.BuiltinFunctionType)
    guarded_by = "BUILTIN_MATCH"
    tracker_class = DebuggingVariable

    @staticmethod
    def when(value: Any) -> bool:
        return value in config.reorderable_logging_functions


class IgnoredLogging(Sourced, Visitor):
    """What ``config.ignore_logging_functions`` lists: calls of it do nothing."""

    one_half = AS_ANY_FUNCTION_WHEN_NEW
    types = CALLABLES
    on_torch = ">=2.11"
    guarded_by = "ID_MATCH"
    tracker_class = IgnoredFunctionVariable

    @staticmethod
    def when_type(cls: type) -> bool:
        return is_callable_type(cls)

    @staticmethod
    def when(value: Any) -> bool:
        ignored = config.ignore_logging_functions
        return bool(ignored) and any(value is function for function in ignored)


class Loggers(Sourced, Visitor):
    """Loggers: calls of one break the graph, except while exporting or where ignored."""

    one_half = REFUSED_WHEN_NEW
    types = (logging.Logger,)
    guarded_by = "TYPE_MATCH"
    tracker_class = LoggingLoggerVariable
