"""`FoldedVariable`: the tracker of a value whose every use is evaluated while tracing."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import torch
from torch._dynamo import exc
from torch._dynamo.source import AttrSource, TypeSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.functions import UserFunctionVariable
from torch._dynamo.variables.misc import GetAttrVariable

from vartrack.bases.tracing.asking import asked_for_operand, asked_for_type, is_searched
from vartrack.bases.tracing.content_guard import ContentGuard
from vartrack.bases.tracing.folding import (
    calling,
    evaluate,
    guarded_literal,
    items_of,
    refuse,
    result_tracker,
    texts_of,
)
from vartrack.bases.tracing.generating import is_writing
from vartrack.bases.tracing.identity import answer_identity, is_by_identity
from vartrack.bases.tracing.operations import of_folded
from vartrack.bases.tracing.slots import Slots
from vartrack.bases.tracing.texts import Texts
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core.keys import State, guard_state

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FoldedVariable"]

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_FIELDS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_FUNCTIONS = (types.FunctionType, types.WrapperDescriptorType)
#: What torch evaluates by itself if it gets the value.
_BY_TORCH = frozenset(
    f"__{name}__" for name in ("bool", "eq", "float", "format", "hash", "int", "repr", "str")
)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
_is_literal = ConstantVariable.is_base_literal
_CHANGES = ("__setattr__", "__delattr__", "__setitem__", "__delitem__")


class FoldedVariable(Slots, Texts, VariableTracker):
    """A value that is known while tracing, of a type that Dynamo does not know.

    Attributes, methods, operators, comparison and the rest are evaluated on the value itself as
    soon as all operands are known, and the result becomes a tracker again.

    Args:
        value: the value.
        impure: names of attributes and methods that depend on more than the operands; they break
            the graph.
        key: what makes two values the same; None if they are when they are equal.
        state: what else results depend on; guarded as soon as something is evaluated.
        refused: whether an evaluation was refused, so that nobody must evaluate it otherwise.
        placed: whether a text of the value shows where in memory it is; None if not known yet.
        content: the guard on what the value holds, if it came from somewhere.
        options: ``source`` if it has one, and what else a tracker takes.

    .. versionadded:: 0.1
    """

    _nonvar_fields = {
        "content",
        "impure",
        "key",
        "placed",
        "refused",
        "state",
        "value",
        *VariableTracker._nonvar_fields,
    }

    #: Whether the value can change, so that it is evaluated on copies.
    changeable: ClassVar[bool] = False

    state: State | None = None
    refused: bool = False
    content: ContentGuard | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.changeable = cls.subject is not FoldedVariable.subject
        OPERATIONS.add_class(cls)

    def __init__(
        self,
        value: Any,
        impure: tuple[str, ...] = (),
        *,
        key: Callable[[Any], Any] | None = None,
        state: State | None = None,
        refused: bool = False,
        placed: bool | None = None,
        content: ContentGuard | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.content = content
        self.value = value
        self.impure = impure
        self.key = key
        self.state = state
        self.refused = refused
        self.placed = placed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.example).__qualname__})"

    # what the value is

    @property
    def value(self) -> Any:
        """The value. Who reads it relies on what it holds, which is guarded from now on."""
        if not asked_for_type():
            self.depend()
        return self.example

    @value.setter
    def value(self, value: Any) -> None:
        # in the place where torch, which clones trackers, looks for it
        self.__dict__["value"] = value

    @property
    def example(self) -> Any:
        """The value at hand, to be asked for its type and identity; another one may come next."""
        return self.__dict__["value"]

    def depend(self) -> None:
        """Have the content of the value guarded."""
        if self.content is None:
            return
        try:
            self.content.install()
        except exc.Unsupported:
            self.refused = True
            raise

    def python_type(self) -> type:
        return type(self.example)

    def is_python_constant(self) -> bool:
        if self.refused or _BY_TORCH.intersection(self.impure):
            return False
        if is_writing() and self.content is not None:
            return False  # it is loaded from where it came from
        if asked_for_operand():
            return True
        if is_searched():
            if not self.equals_itself():
                refuse(self.text("__eq__"), "says that the value is not equal to itself")
            return False  # so that trackers are compared, and not objects with `is`
        return not self.has_address() or self.may_have_text()

    def as_python_constant(self) -> Any:
        if self.refused:
            # what was refused here must not be evaluated by whoever asks next
            raise NotImplementedError(f"{self} was used in a way that cannot be evaluated")
        if is_writing() and self.content is not None:
            raise NotImplementedError(f"{self} is loaded from where it came from")
        if not asked_for_operand() and self.has_address() and not self.may_have_text():
            raise NotImplementedError(f"the text of {self} differs from call to call")
        self.guard_state()
        return self.value

    def guard_state(self) -> None:
        """Guard what results depend on besides the operands."""
        if self.state is not None:
            guard_state(self.state)

    def get_real_python_backed_value(self) -> object:
        # equal values share a graph, so `is` is answered in `answer_identity` or not at all
        return NO_SUCH_SUBOBJ

    def as_proxy(self) -> Any:
        refuse(
            self.text("")[:-1],
            "is an operand of a tensor operation or a torch function, which cannot take it",
            "Convert it, as with float(value) or int(value).",
        )

    def reconstruct(self, codegen: PyCodegen) -> None:
        name = codegen.tx.output.install_global_by_id("_vartrack_constant", self.value)
        codegen.append_output(codegen.create_load_global(name, add=True))

    # evaluation

    def text(self, what: str) -> str:
        """``what`` of this value, for messages."""
        cls = self.python_type()
        return f"{cls.__module__}.{cls.__qualname__}.{what}".removeprefix("builtins.")

    def subject(self) -> Any:
        """The object that is evaluated: the value, or a copy where evaluating could change it."""
        return self.value

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        """Called after each evaluation with its subject; refuses if that changed."""

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        """``function`` of the subject, with the subject itself as the value."""
        if what in self.impure:
            self.refuse(what, "depends on more than its operands")
        try:
            self.guard_state()
            self.depend()
            subject = self.subject()
            try:
                result = evaluate(tx, self.text(what), lambda: function(subject))
            finally:
                self.unchanged(tx, what, subject)
            for text in texts_of(result):
                self.refuse_address(what, subject, text)
        except exc.Unsupported:
            self.refused = True
            raise
        return self.example if result is subject else result

    def equals_itself(self) -> bool:
        """False for values such as NaN, which ``is`` and ``==`` tell apart."""
        try:
            return bool(self.value == self.value)
        except Exception:
            return True

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        """The tracker of ``result``, which ``function`` of the subject gave."""
        if result is self.example:
            return self
        try:
            subject = self.subject()
            return result_tracker(tx, self.text(what), result, lambda: function(subject), place)
        except exc.Unsupported:
            self.refused = True
            raise

    def fold(self, tx: Any, what: str, function: Callable[[Any], Any]) -> VariableTracker:
        """The tracker of ``function(value)``, evaluated now."""
        return self.tracked(tx, what, self.evaluated(tx, what, function), function)

    def fold_method(
        self, tx: Any, name: str, args: Any, kwargs: Any = None
    ) -> VariableTracker | None:
        """The result of a method; None if it must be traced, as an operand or it is a tensor."""
        # Python looks operators up on the type
        on_type = name.startswith("__") and isinstance(self.of_class(name), _FUNCTIONS)

        def method(value: Any) -> Any:
            return getattr(type(value), name).__get__(value) if on_type else getattr(value, name)

        return self.fold_call(tx, name, method, args, kwargs or {})

    def fold_call(
        self, tx: Any, what: str, bound: Callable[[Any], Any], args: Any, kwargs: Any
    ) -> VariableTracker | None:
        """The result of calling ``bound(value)``; None if that must be traced.

        Args:
            tx: the tracer.
            what: the name of the method that answers.
            bound: from the value to what is called.
            args: the operands.
            kwargs: the named ones.
        """
        call_with_operands = calling(tx, self.text(what), args, kwargs)
        if call_with_operands is None:
            return None

        def call(value: Any) -> Any:
            return call_with_operands(bound(value))

        result = self.evaluated(tx, what, call)
        if isinstance(result, torch.Tensor) and isinstance(self.of_class(what), _IN_PYTHON):
            return None
        return self.tracked(tx, what, result, call)

    def trace_or_refuse(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        """The result of a method that has operands which are not known while tracing."""
        static = self.of_class(name)
        if isinstance(static, _IN_PYTHON):
            return self.trace_method(tx, static, args, kwargs)
        return self.refuse(name, "got an operand that is not known while tracing")

    def refuse(self, what: str, why: str, *hints: str) -> NoReturn:
        """Break the graph because ``what`` of the value cannot be evaluated."""
        self.refused = True
        refuse(self.text(what), why, *hints)

    def refuse_change(self, what: str) -> NoReturn:
        """Break the graph because the traced code wants to change the value."""
        self.refuse(
            what,
            "would change a value that the graph takes for constant",
            "Change it outside the compiled function.",
            "If it is meant to change, register a RecordVisitor for its type instead.",
        )

    # attributes and calls

    def of_class(self, name: str) -> Any:
        """What the class has under ``name``, unless the value has an attribute in its place."""
        cls = type(self.example)
        static = inspect.getattr_static(cls, name, None)
        if not cls.__dictoffset__ or name.startswith("__"):
            return static
        own = name in getattr(self.value, "__dict__", ())
        return static if not own or inspect.isdatadescriptor(static) else None

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        def get(value: Any) -> Any:
            return getattr(value, name)

        static = self.of_class(name)
        if isinstance(static, _IN_PYTHON):
            return GetAttrVariable(self, name, py_type=types.MethodType)
        if self.content is not None and static is not None and _is_literal(static):
            # it is the class's, which the content of the value says nothing of
            return guarded_literal(static, AttrSource(TypeSource(self.source), name))
        if name in self.impure and static is not None and callable(static):
            return GetAttrVariable(self, name, py_type=type(static))
        if self.content is not None and self.is_stored_in_c(name, static):
            stored = get(self.example)
            if ConstantVariable.is_base_literal(stored):
                # guarded where it is, in C++; other parts may change
                self.guard_state()
                return guarded_literal(stored, AttrSource(self.source, name))
        result = self.evaluated(tx, name, get)
        if isinstance(result, _METHODS) and type(result.__self__) in (type(self.example), type):
            return GetAttrVariable(self, name, py_type=type(result))
        place = self.source and AttrSource(self.source, name)
        return self.tracked(tx, name, result, get, place)

    def is_stored_in_c(self, name: str, static: Any) -> bool:
        """Whether the attribute is a field of the object that C code reads, and no other code."""
        return (
            isinstance(static, _FIELDS)
            and name not in self.impure
            and isinstance(type(self.example).__getattribute__, types.WrapperDescriptorType)
        )

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        if name in self.impure and callable(self.of_class(name)):
            return ConstantVariable.create(True)
        return ConstantVariable.create(self.evaluated(tx, name, lambda value: hasattr(value, name)))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in _CHANGES:
            self.refuse_change(name)
        if name in self.impure:
            self.refuse(name, "depends on more than its operands")
        static = self.of_class(name)
        if static is None:
            # raises what asking for it raises
            self.evaluated(tx, name, lambda value: getattr(value, name))
        folded = self.fold_method(tx, name, args, kwargs)
        return self.trace_or_refuse(tx, name, args, kwargs) if folded is None else folded

    def trace_method(self, tx: Any, static: Any, args: Any, kwargs: Any) -> VariableTracker:
        """Trace a method that is written in Python, such as one that deals with tensors."""
        if isinstance(static, types.FunctionType):
            args = [self, *args]
        elif isinstance(static, classmethod):
            args = [VariableTracker.build(tx, type(self.example)), *args]
        function = getattr(static, "__func__", static)
        return UserFunctionVariable(function).call_function(tx, list(args), kwargs)

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if not callable(self.value):
            # raises what calling it raises
            return self.fold(tx, "__call__", lambda value: value())
        return self.call_method(tx, "__call__", args, kwargs)

    # comparison and hashing

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if is_by_identity(type(self.example), op):
            other = other.realize()
            if op not in ("__eq__", "__ne__") or type(other) is not type(self):
                return ConstantVariable.create(NotImplemented)
            return ConstantVariable.create(answer_identity(tx, self, other) is (op == "__eq__"))
        folded = self.fold_method(tx, op, [other])
        return self.trace_or_refuse(tx, op, [other], {}) if folded is None else folded

    def is_python_equal(self, other: object) -> bool:
        if not isinstance(other, VariableTracker):
            return False
        tx = InstructionTranslator.current_tx()
        if is_by_identity(type(self.example), "__eq__"):
            return answer_identity(tx, self, other)
        if (other := other.realize()) is self:
            return True
        equal: Any = VariableTracker.build(tx, operator.eq).call_function(tx, [self, other], {})
        if not equal.is_python_constant():
            self.refuse("__eq__", "gives something that is not known while tracing")
        return bool(equal.as_python_constant())

    def is_hashable(self) -> bool:
        return type(self.example).__hash__ is not None

    def hash_impl(self, tx: Any) -> tuple[int, bool]:
        if self.key is not None and is_by_identity(type(self.example), "__hash__"):
            # which of several values with this key it will be is not guarded
            key = self.key
            return self.evaluated(tx, "__hash__", lambda value: hash(key(value))), True
        number = self.evaluated(tx, "__hash__", hash)
        if not self.equals_itself():
            # dicts and sets find it by identity, and its hash may go by that as well
            self.refuse("__hash__", "is of a value that is not equal to itself")
        return number, False

    def items_of(self, tx: Any) -> list[VariableTracker]:
        """The items of the value, each as a tracker."""
        iterator = self.evaluated(tx, "__iter__", iter)
        return items_of(tx, self.text("__iter__"), iterator)


OPERATIONS = of_folded(FoldedVariable)
