"""`FoldedClassVariable`: a class whose instances are evaluated while tracing."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable
from typing import Any

from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.user_defined import UserDefinedClassVariable

from vartrack.bases.tracing.again.results import call_again
from vartrack.bases.tracing.classes.guarded_class import GuardedClassVariable
from vartrack.bases.tracing.classes.lookup import is_by_identity, on_class
from vartrack.bases.tracing.classes.own_code import has_own_code, is_own_code
from vartrack.bases.tracing.evaluating.attempts import attempt, is_traceable
from vartrack.bases.tracing.evaluating.callbacks import evaluate_seen
from vartrack.bases.tracing.evaluating.folding import evaluate, refuse, result_tracker
from vartrack.bases.tracing.known.known_variable import KnownVariable
from vartrack.bases.tracing.known.operands import calling
from vartrack.compat import behaviour, making
from vartrack.core.guarding.keys import State, guard_state

__all__ = ["FoldedClassVariable"]

#: What a class in C has under the names of its methods.
_IN_C = (
    types.ClassMethodDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)


class FoldedClassVariable(GuardedClassVariable):
    """Calls of the class and of its class methods are evaluated if all operands are known.

    Args:
        value: the class.
        impure: names of class methods that depend on more than their operands.
        state: what else results depend on; guarded as soon as something is evaluated.
        options: ``source`` if it has one, and what else a tracker takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {"impure", "state", *UserDefinedClassVariable._nonvar_fields}

    def __init__(
        self,
        value: type,
        impure: tuple[str, ...] = (),
        *,
        state: State | None = None,
        **options: Any,
    ) -> None:
        super().__init__(value, **options)
        self.impure = impure
        self.state = state

    def text(self, name: str = "") -> str:
        """``name`` of this class, or the class itself, for messages."""
        return ".".join(filter(None, (self.value.__module__, self.value.__qualname__, name)))

    def fold(
        self, tx: Any, what: str, get: Callable[[], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        """The result of calling ``get()``, or None if an operand is not known while tracing."""
        again = call_again(tx, get(), args, kwargs)
        if again is not None:
            if self.state is not None:
                guard_state(self.state)
            return again
        call_with_operands = calling(tx, what, args, kwargs)
        if call_with_operands is None:
            return None
        if self.state is not None:
            guard_state(self.state)

        def call() -> Any:
            return call_with_operands(get())

        result = (evaluate_seen if self.state is None else evaluate)(tx, what, call)
        for arg in args:
            # what the class hands back as it is stays the same object
            if isinstance(arg.realize(), KnownVariable) and arg.value is result:
                return arg
        return result_tracker(tx, what, result, call)

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if "__init__" in self.impure:
            return super().call_function(tx, args, kwargs)
        code = self.code_of_init()
        if code is not None:
            return attempt(
                tx, code, lambda: super(FoldedClassVariable, self).call_function(tx, args, kwargs)
            )
        folded = self.fold(tx, self.text(), lambda: self.value, args, kwargs)
        if folded is None:
            return super().call_function(tx, args, kwargs)
        if isinstance(folded, KnownVariable) and folded.source is None:
            folded.made_anew = not folded.changeable and self.makes_anew(folded.example)
        return folded

    def makes_anew(self, value: Any) -> bool:
        """Whether calling the class made ``value``, and it may be changed before it is shared."""
        cls = self.value
        makes = type(cls) is type and isinstance(cls.__new__, types.BuiltinFunctionType)
        if not makes or type(value) is not cls or not cls.__dictoffset__ or not has_own_code(cls):
            return False
        try:
            return type(copy.copy(value)) is cls
        except Exception:
            return False  # then it is to be taken as it is

    def code_of_init(self) -> Any:
        """The code of an ``__init__`` that the user wrote, if that alone makes an instance."""
        cls: Any = self.value
        init = cls.__init__
        plain = type(cls) is type and is_by_identity(cls, "__new__")
        if not plain or not is_own_code(init) or not is_traceable(init.__code__):
            return None
        return init.__code__

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        if name in self.impure:
            return GetAttrVariable(self, name)  # refused when it is called
        static = on_class(self.value, name)
        if isinstance(static, _IN_C) and not behaviour.CALLS_METHODS_OF_CLASSES:
            return making.attribute(self, name, getattr(self.value, name))
        return super().tp_getattro_impl(tx, name)

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        what = self.text(name)
        if name in self.impure:
            refuse(what, "depends on more than its operands")
        # the class has operators of its own: those of its metaclass
        own = not name.startswith("__") or self.takes(args)
        folded = (
            self.fold(tx, what, lambda: getattr(self.value, name), args, kwargs) if own else None
        )
        return super().call_method(tx, name, args, kwargs) if folded is None else folded

    def takes(self, args: Any) -> bool:
        """Whether the first of ``args`` is an instance, as in ``Decimal.__add__(a, b)``."""
        return (
            bool(args)
            and isinstance(args[0].realize(), KnownVariable)
            and issubclass(args[0].python_type(), self.value)
        )
