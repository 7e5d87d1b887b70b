"""`FoldedVariable`: the tracker of a value whose every use is evaluated while tracing."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, ItemsView, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import torch
from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.attempts import attempt, is_traceable
from vartrack.bases.tracing.class_lookup import on_class
from vartrack.bases.tracing.computed import number_of
from vartrack.bases.tracing.content_guard import ContentGuard
from vartrack.bases.tracing.deleting import deletes_attributes
from vartrack.bases.tracing.folding import (
    calling,
    evaluate,
    guarded_literal,
    items_of,
    refuse,
    result_tracker,
    texts_of,
)
from vartrack.bases.tracing.identity import answer_identity, is_by_identity
from vartrack.bases.tracing.intents import Intent, asked
from vartrack.bases.tracing.mapping_views import VIEWS, MappingViewVariable
from vartrack.bases.tracing.merging import as_dict, items_given, listed, merged_by_keys
from vartrack.bases.tracing.operations import of_folded
from vartrack.bases.tracing.own_code import is_own_code, written_in_python
from vartrack.bases.tracing.slots import Slots
from vartrack.bases.tracing.stored_attributes import (
    NOT_STORED,
    guard_keys,
    has_guarded_keys,
    hides_more,
    stored_at,
)
from vartrack.bases.tracing.texts import Texts
from vartrack.bases.tracing.traced_code import own_attribute, trace_method
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core import guards
from vartrack.core.exporting import is_exporting
from vartrack.core.keys import State, guard_state
from vartrack.core.outside import LookedOutside, watching

if TYPE_CHECKING:
    from torch._dynamo.codegen import PyCodegen

__all__ = ["FoldedVariable"]

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_FIELDS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_IN_C = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
_FUNCTIONS = (types.FunctionType, types.WrapperDescriptorType)
#: What torch evaluates by itself if it gets the value.
_BY_TORCH = frozenset(
    f"__{name}__" for name in ("bool", "eq", "float", "format", "hash", "int", "repr", "str")
)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
_is_literal = ConstantVariable.is_base_literal
TEXTS = ("__format__", "__str__", "__repr__")
#: What the methods give that Python calls for a result of one type.
_GIVES: dict[str, type] = {
    "__bool__": bool,
    "__float__": float,
    "__format__": str,
    "__hash__": int,
    "__index__": int,
    "__int__": int,
    "__len__": int,
    "__repr__": str,
    "__str__": str,
}
_CHANGES = ("__setattr__", "__delattr__", "__setitem__", "__delitem__")


def _equals_itself(value: Any) -> bool:
    try:
        return bool(value == value)
    except Exception:
        return True


class _Hashed:
    """Has the hash that a ``__hash__`` gave, as Python makes it fit."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return self.number


class BoundVariable(GetAttrVariable):
    """A method of a folded value. That it is one does not depend on the value."""

    def get_real_python_backed_value(self) -> object:
        return NO_SUCH_SUBOBJ


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
        if asked() is not Intent.TYPE:
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
        wanted = asked()
        if wanted is Intent.WRITING and self.content is not None:
            return False  # it is loaded from where it came from
        if wanted is Intent.OPERAND:
            return True
        if self.content is not None and is_exporting(self.content.ctx.tx):
            return False  # so that a use is evaluated here, and refused by name
        if wanted is Intent.SEARCH:
            if not self.equals_itself():
                refuse(self.text("__eq__"), "says that the value is not equal to itself")
            return False  # so that trackers are compared, and not objects with `is`
        return not self.has_address() or self.may_have_text()

    def as_python_constant(self) -> Any:
        if self.refused:
            # what was refused here must not be evaluated by whoever asks next
            raise NotImplementedError(f"{self} was used in a way that cannot be evaluated")
        wanted = asked()
        if wanted is Intent.WRITING and self.content is not None:
            raise NotImplementedError(f"{self} is loaded from where it came from")
        if wanted is not Intent.OPERAND and self.has_address() and not self.may_have_text():
            raise NotImplementedError(f"the text of {self} differs from call to call")
        self.guard_state()
        self.depend()
        if wanted in (Intent.TEXT, Intent.LATE_TEXT):
            self.trace_text()
        return self.example

    def trace_text(self) -> None:
        """Have guarded what the user's own text of the value reads; torch makes it untraced."""
        method = next((name for name in TEXTS if not is_by_identity(self.python_type(), name)), "")
        own = self.own_method(method)
        if own is not None:
            args = [ConstantVariable.create("")] if method == "__format__" else []
            self.trace_own(InstructionTranslator.current_tx(), method, own, args, {})

    def guard_state(self) -> None:
        """Guard what results depend on besides the operands."""
        if self.state is not None:
            try:
                guard_state(self.state)
            except exc.Unsupported:
                self.refused = True
                raise

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
        return self.example

    def is_changed(self, tx: Any) -> bool:
        """Whether the graph changes the value, so that it is not yet what it will be."""
        effects = tx.output.side_effects
        return self.mutation_type is not None and effects.is_modified(self)  # type: ignore[no-any-return]

    def unchanged(self, tx: Any, what: str, subject: Any) -> None:
        """Called after each evaluation with its subject; refuses if that changed."""

    def evaluated(self, tx: Any, what: str, function: Callable[[Any], Any]) -> Any:
        """``function`` of the subject, with the subject itself as the value."""
        if what in self.impure:
            self.refuse(what, "depends on more than its operands")
        if deletes_attributes(self.python_type(), what):
            self.refuse(what, "deletes an attribute, so that it gives something else the next time")
        try:
            self.depend()
            self.guard_state()
            subject = self.subject()
            try:
                result = evaluate(tx, self.text(what), lambda: self.run(what, function, subject))
            finally:
                self.unchanged(tx, what, subject)
            for text in texts_of(result):
                self.refuse_address(what, subject, text)
        except exc.Unsupported:
            self.refused = True
            raise
        return self.example if result is subject else result

    def run(self, what: str, function: Callable[[Any], Any], subject: Any) -> Any:
        """``function(subject)``; what the user wrote must not look outside, as it does so once.

        Unless the key or the state looks outside as well: then it is asked at every call.
        """
        if not is_own_code(written_in_python(self.of_class(what))):
            return function(subject)
        try:
            with watching(stops=True):
                return function(subject)
        except LookedOutside as look:
            if self.asks_outside(subject):
                return function(subject)
            self.refuse(
                what,
                f"calls {look.name}, which must happen at every call, and torch cannot trace it",
                "Call it outside the compiled function.",
                f"Or list {what!r} in `impure` of the visitor, to be told at once.",
            )

    def asks_outside(self, subject: Any) -> bool:
        """Whether what guards the value looks outside at every call."""
        with watching() as looks:
            if self.key is not None:
                self.key(subject)
            if self.state is not None:
                self.state()
        return bool(looks.first)

    def equals_itself(self) -> bool:
        """False for values such as NaN, which ``is`` and ``==`` tell apart."""
        if self.own_method("__eq__") is None:
            self.depend()
        return _equals_itself(self.example)

    def tracked(
        self, tx: Any, what: str, result: Any, function: Callable[[Any], Any], place: Any = None
    ) -> VariableTracker:
        """The tracker of ``result``, which ``function`` of the subject gave."""
        if result is self.example:
            return self
        if what in VIEWS and isinstance(result, (KeysView, ValuesView, ItemsView)):
            shown = items_of(tx, self.text(what), iter(result))
            return MappingViewVariable(self, what, type(result), shown)
        try:
            subject = self.subject()
            return result_tracker(tx, self.text(what), result, lambda: function(subject), place)
        except exc.Unsupported:
            self.refused = True
            raise

    def fold(self, tx: Any, what: str, function: Callable[[Any], Any]) -> VariableTracker:
        """The tracker of ``function(value)``, evaluated now, or traced if the user wrote it."""
        own = self.own_method(what)
        if own is not None:
            result = self.trace_own(tx, what, own, (), {})
            if result.python_type() is _GIVES.get(what):
                return result
        number = number_of(self, tx, what)
        if number is not None:
            return number
        return self.tracked(tx, what, self.evaluated(tx, what, function), function)

    def fold_method(
        self, tx: Any, name: str, args: Any, kwargs: Any = None
    ) -> VariableTracker | None:
        """The result of a method; None if it must be traced, as an operand or it is a tensor."""
        own = self.own_method(name)
        if own is not None:
            return self.trace_own(tx, name, own, args, kwargs or {})
        number = None if args or kwargs else number_of(self, tx, name)
        if number is not None:
            return number
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
            return trace_method(self, tx, name, static, args, kwargs)
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
        static = on_class(cls, name)
        if not cls.__dictoffset__ or name.startswith("__"):
            return static
        own = name in getattr(self.example, "__dict__", ())
        return static if not own or inspect.isdatadescriptor(static) else None

    def tp_getattro_impl(self, tx: Any, name: str) -> VariableTracker:
        try:
            return self.attribute(tx, name)
        except exc.Unsupported:
            self.refused = True
            raise

    def attribute(self, tx: Any, name: str) -> VariableTracker:
        """The tracker of an attribute."""

        def get(value: Any) -> Any:
            return getattr(value, name)

        if name == "__class__" and self.content is not None:
            return VariableTracker.build(tx, type(self.example), AttrSource(self.source, name))
        static = self.of_class(name)
        if isinstance(static, _IN_PYTHON):
            return BoundVariable(self, name, py_type=types.MethodType)
        if self.content is not None and name not in self.impure:
            stored = stored_at(self.example, name)
            if stored is not NOT_STORED:
                # where it is, with guards of its own: other parts may change
                if not is_exporting(tx):
                    self.guard_state()  # an exported program has the value as it is now
                self.guard_beside(name, stored)
                return VariableTracker.build(tx, stored, AttrSource(self.source, name))
            if name in self.content.visitor.places and not isinstance(static, _IN_C):
                return VariableTracker.build(tx, get(self.example), AttrSource(self.source, name))
        if name not in self.impure:
            own = own_attribute(self, tx, name, static)
            if own is not None:
                return own
        if isinstance(static, _IN_C):
            # the class says that it is there
            return BoundVariable(self, name, py_type=type(get(self.example)))
        if self.content is not None and static is not None and _is_literal(static):
            # the class's, which the content of the value says nothing of, unless it is hidden
            return guarded_literal(static, AttrSource(self.source, name))
        if name in self.impure and static is not None and callable(static):
            return BoundVariable(self, name, py_type=type(static))
        if self.content is not None and self.is_stored_in_c(name, static):
            stored = get(self.example)
            if ConstantVariable.is_base_literal(stored):
                # guarded where it is, in C++, and a number that changes becomes a symbol;
                # other parts may change
                if not is_exporting(tx):
                    self.guard_state()
                return VariableTracker.build(tx, stored, AttrSource(self.source, name))
        result = self.evaluated(tx, name, get)
        if isinstance(result, _METHODS) and type(result.__self__) in (type(self.example), type):
            return BoundVariable(self, name, py_type=type(result))
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
        cls = type(self.example)
        plain = is_by_identity(cls, "__getattribute__") and not hasattr(cls, "__getattr__")
        static = self.of_class(name)
        if plain and static is not None and not inspect.isdatadescriptor(static):
            return ConstantVariable.create(True)  # its type says so
        if name in self.impure and callable(static):
            return ConstantVariable.create(True)
        if plain and static is None and self.content is not None:
            guards.install(self.source, "HASATTR", {"attr": name})
            return ConstantVariable.create(hasattr(self.example, name))
        return ConstantVariable.create(self.evaluated(tx, name, lambda value: hasattr(value, name)))

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in _CHANGES:
            self.refuse_change(name)
        if name in self.impure:
            self.refuse(name, "depends on more than its operands")
        if name == "__reduce_ex__" and self.is_copied_as_object():
            whole = UserDefinedObjectVariable(self.example, source=self.source)
            return whole.call_method(tx, name, args, kwargs)
        static = self.of_class(name)
        if static is None:
            # raises what asking for it raises
            self.evaluated(tx, name, lambda value: getattr(value, name))
        folded = self.fold_method(tx, name, args, kwargs)
        return self.trace_or_refuse(tx, name, args, kwargs) if folded is None else folded

    # what the user wrote

    def own_method(self, name: str) -> Any:
        """What the class has under ``name``, if the user wrote it and torch can trace it."""
        static = self.of_class(name)
        if not isinstance(static, _IN_PYTHON) or name in self.impure:
            return None
        if not self.is_to_be_traced(name, written_in_python(static)):
            return None
        # torch would write down where the parts are
        return None if name in TEXTS and self.has_address() else static

    def is_to_be_traced(self, name: str, function: Any) -> bool:
        """Whether the user wrote ``function``, or the visitor lists it, and torch can trace it."""
        if type(function) is not types.FunctionType or not self.can_trace(function):
            return False
        listed = self.content is not None and name in self.content.visitor.traced
        return listed or is_own_code(function)

    def can_trace(self, function: types.FunctionType) -> bool:
        """Whether torch has not failed to trace ``function`` before."""
        return is_traceable(function.__code__)

    def trace_own(self, tx: Any, name: str, static: Any, args: Any, kwargs: Any) -> VariableTracker:
        """Trace what `own_method` gave; if torch cannot, it is evaluated when this begins anew."""
        code = getattr(static, "__func__", static).__code__
        return self.attempt(tx, code, lambda: trace_method(self, tx, name, static, args, kwargs))

    def attempt(
        self, tx: Any, code: types.CodeType, trace: Callable[[], VariableTracker]
    ) -> VariableTracker:
        """What ``trace`` gives, which traces ``code``."""
        return attempt(tx, code, trace)  # type: ignore[no-any-return]

    def guard_beside(self, name: str, stored: Any) -> None:
        """Guard what torch does not of a part: the order of a dict or set, the sign of a zero."""
        if self.content is not None and has_guarded_keys(stored):
            guard_keys(self.content, name)
        elif hides_more(stored):
            self.depend()

    def call_function(self, tx: Any, args: Any, kwargs: Any) -> VariableTracker:
        if not callable(self.example):
            # raises what calling it raises
            return self.fold(tx, "__call__", lambda value: value())
        return self.call_method(tx, "__call__", args, kwargs)

    def is_copied_as_object(self) -> bool:
        """Whether `copy` takes its attributes one by one, so that each is guarded alone."""
        cls = type(self.example)
        plain = is_by_identity(cls, "__reduce_ex__") and is_by_identity(cls, "__reduce__")
        return self.content is not None and bool(cls.__dictoffset__) and plain

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
        own = self.own_method("__hash__")
        if own is not None:
            traced = self.trace_own(tx, "__hash__", own, (), {})
            if traced.is_python_constant() and _equals_itself(self.example):
                return hash(_Hashed(traced.as_python_constant())), False
        number = self.evaluated(tx, "__hash__", hash)
        if not self.equals_itself():
            # dicts and sets find it by identity, and its hash may go by that as well
            self.refuse("__hash__", "is of a value that is not equal to itself")
        return number, False

    def items_of(self, tx: Any) -> list[VariableTracker]:
        """The items of the value, each as a tracker."""
        own = self.own_method("__iter__")
        if own is not None:
            iterator = self.trace_own(tx, "__iter__", own, (), {})
            return items_given(tx, iterator)
        iterator = self.evaluated(tx, "__iter__", iter)
        return items_of(tx, self.text("__iter__"), iterator)

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of a mapping, as a new dict."""
        if not hasattr(type(self.example), "keys"):
            return None
        if any(self.own_method(name) is not None for name in ("keys", "__getitem__")):
            return merged_by_keys(tx, self)
        return self.fold(tx, "keys", as_dict)

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it."""
        return listed(self.unpack_var_sequence(tx))


OPERATIONS = of_folded(FoldedVariable)
