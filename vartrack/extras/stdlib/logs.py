"""Loggers: what is logged is kept out of the graph, and logged when the graph has run."""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch._dynamo import config
from torch._dynamo.source import AttrSource
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.lists import TupleVariable
from torch._dynamo.variables.misc import (
    DebuggingVariable,
    LoggingLoggerVariable,
    StringFormatVariable,
)
from torch._dynamo.variables.tensor import SymNodeVariable, TensorVariable

from vartrack.bases.tracing.classes.lookup import on_class
from vartrack.bases.tracing.evaluating.folding import refuse
from vartrack.compat.hooks import Hooks
from vartrack.compat.shared import ignored_logging
from vartrack.core.sources.worked_out import worked_out
from vartrack.core.texts.articles import with_article
from vartrack.visitors.loggers import Loggers as StockLoggers

__all__ = ["LoggerVariable", "Loggers"]

_LOGS = ("critical", "debug", "error", "info", "log", "warning")
#: What tells how a logger is set, by how it is asked.
_ASKED = {
    "getEffectiveLevel": "{}.getEffectiveLevel()",
    "hasHandlers": "{}.hasHandlers()",
    "isEnabledFor": "{}.isEnabledFor({})",
}


class LoggerVariable(Hooks, LoggingLoggerVariable):
    """A logger, to whose calls torch comes back after the graph, in their order.

    Whether a message is logged is asked then, so the level of the logger may change. Where the
    program itself asks how the logger is set, the answer is guarded.
    """

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        """What the logger holds, each with a guard of its own; its methods as torch has them."""
        holds = name in vars(self.value) and on_class(type(self.value), name) is None
        if self.source is None or not holds:
            return super().tp_getattro_impl(tx, name)
        return VariableTracker.build(tx, vars(self.value)[name], AttrSource(self.source, name))

    def answered(self, tx: Any, name: str, args: Any) -> VariableTracker | None:
        """What the logger answers, asked again at each call; None if it depends on more."""
        operands = [arg.as_python_constant() for arg in args if arg.is_python_constant()]
        text = _ASKED[name]
        if self.source is None or len(operands) < len(args) or text.count("{}") != len(args) + 1:
            return None
        place = worked_out(text, f".{name}", (self.source, *operands))
        return VariableTracker.build(tx, getattr(self.value, name)(*operands), place)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        method = getattr(self.value, name, None)
        own = getattr(type(self.value), name, None) is getattr(logging.Logger, name, None)
        if name in _ASKED and own and not kwargs and not tx.export:
            answer = self.answered(tx, name, args)
            if answer is not None:
                return answer
        said = {method, getattr(method, "__func__", None)}
        listed = {
            *ignored_logging(),
            *config.reorderable_logging_functions,
        }
        if name not in _LOGS or not own or tx.export or self.source is None or said & listed:
            return super().call_method(tx, name, args, kwargs)
        if kwargs:
            self.refuse(name, f"is given {', '.join(kwargs)}, which says more than a text")
        later = [self.kept(tx, name, arg.realize()) for arg in args]
        outermost = tx
        while outermost.parent is not None:
            outermost = outermost.parent
        source = AttrSource(self.source, name)
        outermost.debug_locals.append((DebuggingVariable(method, source=source), later))
        return ConstantVariable.create(None)

    def kept(self, tx: Any, name: str, arg: VariableTracker) -> VariableTracker:
        """``arg`` in a form that is the same when the graph has run."""
        if isinstance(arg, (ConstantVariable, SymNodeVariable)):
            return arg
        if isinstance(arg, TupleVariable):
            return type(arg)([self.kept(tx, name, item.realize()) for item in arg.items])
        if isinstance(arg, StringFormatVariable):
            for part in (*arg.sym_args, *arg.sym_kwargs.values()):
                if not isinstance(part.realize(), (ConstantVariable, SymNodeVariable)):
                    self.refuse(name, f"is given a text of {with_article(part.python_type())}")
            return arg
        if isinstance(arg, TensorVariable) and arg.python_type() is torch.Tensor:
            example = arg.as_proxy().node.meta["example_value"]
            if not example.requires_grad:
                # a copy, as the function may write into the tensor later
                return arg.call_method(tx, "clone", [], {})
            self.refuse(
                name,
                "is given a tensor that requires grad, whose text shows how it was made",
                "Log value.detach().",
            )
        self.refuse(name, f"is given {with_article(arg.python_type())}, which may change")

    def refuse(self, name: str, why: str, *hints: str) -> Any:
        """Break the graph because the call cannot be put off."""
        refuse(
            f"{type(self.value).__module__}.{type(self.value).__qualname__}.{name}",
            why,
            *(hints or ["Log texts, numbers and tensors that need no grad, or log outside."]),
        )


class Loggers(StockLoggers):
    """``logging.Logger``: messages made of texts, numbers and tensors do not break the graph.

    They are logged when the graph has run, in their order, once for each call of the function. A
    record then names the function that was compiled, and no line in it. Of how a logger is set
    (its level, ``isEnabledFor``) what the program asks is guarded.

    .. versionadded:: 0.2
    """

    types = (logging.Logger,)
    tracker_class = LoggerVariable
