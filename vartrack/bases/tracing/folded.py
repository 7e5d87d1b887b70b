"""`FoldedVariable`: the tracker of a value whose every use is evaluated while tracing."""

from __future__ import annotations

import inspect
import operator
import types
from typing import Any

from torch._dynamo import exc
from torch._dynamo.source import AttrSource
from torch._dynamo.symbolic_convert import InstructionTranslator
from torch._dynamo.variables.base import AsPythonConstantNotImplementedError, VariableTracker
from torch._dynamo.variables.constant import ConstantVariable
from torch._dynamo.variables.misc import GetAttrVariable
from torch._dynamo.variables.tensor import SymNodeVariable
from torch._dynamo.variables.user_defined import UserDefinedObjectVariable

from vartrack.bases.tracing.callbacks import RUNNING
from vartrack.bases.tracing.class_lookup import is_by_identity, reads_in_c
from vartrack.bases.tracing.evaluated import equals_itself
from vartrack.bases.tracing.folding import guarded_literal
from vartrack.bases.tracing.identity import answer_identity
from vartrack.bases.tracing.intents import Intent, asked, asking
from vartrack.bases.tracing.known import KnownVariable
from vartrack.bases.tracing.merging import as_dict, listed, merged_by_keys
from vartrack.bases.tracing.operations import of_folded
from vartrack.bases.tracing.ordered import Ordered
from vartrack.bases.tracing.own_code import has_own_code, written_in_python
from vartrack.bases.tracing.slots import Slots
from vartrack.bases.tracing.stored_attributes import (
    NOT_STORED,
    guard_keys,
    has_guarded_keys,
    hides_more,
    is_found,
    stored_at,
)
from vartrack.bases.tracing.texts import TEXTS, has_address, may_have_text
from vartrack.bases.tracing.traced_code import own_attribute
from vartrack.compat import behaviour
from vartrack.compat.names import NO_SUCH_SUBOBJ
from vartrack.core import guards
from vartrack.core.exporting import is_exporting

__all__ = ["FoldedVariable"]

_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
_FIELDS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_IN_C = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
#: What torch evaluates by itself if it gets the value.
_BY_TORCH = frozenset(
    f"__{name}__" for name in ("bool", "eq", "float", "format", "hash", "int", "repr", "str")
)
_IN_PYTHON = (types.FunctionType, staticmethod, classmethod)
_is_literal = ConstantVariable.is_base_literal
#: What torch works out with the value that it asks for.
_WORKED_OUT = (Intent.CALL, Intent.TEXT)
#: What is traced with trackers: objects would not be asked as Python asks them.
_TRACED = (Intent.WORKING_OUT, Intent.SEARCH)
_CHANGES = ("__setattr__", "__delattr__", "__setitem__", "__delitem__")


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


class FoldedVariable(Slots):
    """A value that is known while tracing, of a type that Dynamo does not know.

    Attributes, methods, operators, comparison and the rest are evaluated on the value itself as
    soon as all operands are known, and the result becomes a tracker again. It takes what a
    `KnownVariable` takes.

    .. versionadded:: 0.1
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.changeable = cls.subject is not KnownVariable.subject
        OPERATIONS.add_class(cls)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.example).__qualname__})"

    def is_python_constant(self) -> bool:
        if self.refused or _BY_TORCH.intersection(self.impure):
            return False
        wanted = asked()
        if wanted is Intent.WRITING and self.content is not None:
            return False  # it is loaded from where it came from
        if wanted is Intent.OPERAND:
            return True
        if wanted in _TRACED:
            return False
        if wanted is Intent.SORTING:
            return not behaviour.SORTS_BY_TRACKERS
        if self.content is not None and is_exporting(self.content.ctx.tx):
            return False  # so that a use is evaluated here, and refused by name
        return wanted is Intent.TRUTH or not has_address(self) or may_have_text(self)

    def as_python_constant(self) -> Any:
        if self.refused:
            # what was refused here must not be evaluated by whoever asks next
            raise NotImplementedError(f"{self} was used in a way that cannot be evaluated")
        wanted = asked()
        if wanted in _TRACED:
            raise AsPythonConstantNotImplementedError(self)
        if wanted is Intent.WRITING and self.content is not None:
            raise NotImplementedError(f"{self} is loaded from where it came from")
        if wanted is not Intent.OPERAND and has_address(self) and not may_have_text(self):
            raise NotImplementedError(f"the text of {self} differs from call to call")
        if wanted is Intent.SORTING:
            return Ordered(self)
        if wanted is Intent.TRUTH:
            return self.truth(InstructionTranslator.current_tx())
        self.guard_state()
        self.depend()
        traced = self.trace_text() if wanted in (Intent.TEXT, Intent.LATE_TEXT) else None
        if wanted in _WORKED_OUT and self.state is None and has_own_code(self.python_type()):
            RUNNING.begin(self.example, traced)
        return self.example

    def truth(self, tx: Any) -> bool:
        """Whether the value is true, by which a jump goes."""
        if self.of_class("__bool__") is None and self.of_class("__len__") is None:
            return True  # the type says so
        with asking(Intent.OTHER):
            answer = self.nb_bool_impl(tx).realize()
            if isinstance(answer, SymNodeVariable):
                return bool(answer.evaluate_expr(tx.output))
            return bool(answer.as_python_constant())

    def trace_text(self) -> types.CodeType | None:
        """Have guarded what the user's own text of the value reads; torch makes it untraced."""
        # one in C, or of `object`, asks the next
        method = next((name for name in TEXTS if self.own_method(name) is not None), "")
        own = self.own_method(method)
        if own is None:
            return None
        args = [ConstantVariable.create("")] if method == "__format__" else []
        text = self.trace_own(InstructionTranslator.current_tx(), method, own, args, {}).realize()
        if text.is_python_constant():
            text.as_python_constant()  # what it was made of may be guarded no sooner
        function = written_in_python(own)
        return None if function is None else function.__code__

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
        if self.is_of_class(tx, name, static):
            return VariableTracker.build(tx, static, AttrSource(self.source, name))
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

    def is_of_class(self, tx: Any, name: str, static: Any) -> bool:
        """Whether the attribute is one of the class, which has guards of its own there."""
        bare = static is not None and not hasattr(type(static), "__get__")
        free = self.content is not None and name not in self.impure and not is_exporting(tx)
        return bare and free and reads_in_c(type(self.example))

    def is_stored_in_c(self, name: str, static: Any) -> bool:
        """Whether the attribute is a field of the object that C code reads, and no other code."""
        return (
            isinstance(static, _FIELDS)
            and name not in self.impure
            and reads_in_c(type(self.example))
        )

    def call_obj_hasattr(self, tx: Any, name: str) -> ConstantVariable:
        cls = type(self.example)
        in_c = reads_in_c(cls)
        static = self.of_class(name)
        if in_c and static is not None and not inspect.isdatadescriptor(static):
            return ConstantVariable.create(True)  # its type says so
        if name in self.impure and callable(static):
            return ConstantVariable.create(True)
        own = None if static is not None else self.own_method("__getattr__")
        if own is not None and not is_found(self.example, name):
            return ConstantVariable.create(self.gives_attribute(tx, name))
        plain = in_c and (own is not None or not hasattr(cls, "__getattr__"))
        if plain and static is None and self.content is not None:
            if is_by_identity(cls, "__getattribute__"):
                guards.install_presence(self.source, name)
            else:
                # torch runs no guard on a subclass of a number, text, tuple or dict below a module
                # or dict that did not change, other than on what is read from it
                self.content.of_presence(name).install()
            return ConstantVariable.create(hasattr(self.example, name))
        return ConstantVariable.create(self.evaluated(tx, name, lambda value: hasattr(value, name)))

    def gives_attribute(self, tx: Any, name: str) -> bool:
        """Whether asking for the attribute gives one, where the user's own code may be asked."""
        try:
            self.tp_getattro_impl(tx, name)
        except exc.ObservedAttributeError:
            exc.handle_observed_exception(tx)
            return False
        return True

    def call_method(self, tx: Any, name: str, args: Any, kwargs: Any) -> VariableTracker:
        if name in _CHANGES:
            self.refuse_change(name, *args)
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

    def tp_richcompare_impl(self, tx: Any, other: VariableTracker, op: str) -> VariableTracker:
        if is_by_identity(type(self.example), op):
            other = other.realize()
            if op not in ("__eq__", "__ne__") or type(other) is not type(self):
                return ConstantVariable.create(NotImplemented)
            return ConstantVariable.create(answer_identity(tx, self, other) is (op == "__eq__"))
        if op == "__ne__" and self.of_class(op) is object.__ne__ and self.own_method("__eq__"):
            return self.unequal(tx, other)
        folded = self.fold_method(tx, op, [other])
        return self.trace_or_refuse(tx, op, [other], {}) if folded is None else folded

    def unequal(self, tx: Any, other: VariableTracker) -> VariableTracker:
        """What the ``__ne__`` of `object` makes of the user's own ``__eq__``."""
        equal = self.tp_richcompare_impl(tx, other, "__eq__")
        if equal.is_python_constant() and equal.as_python_constant() is NotImplemented:
            return equal
        negate: Any = VariableTracker.build(tx, operator.not_)
        return negate.call_function(tx, [equal], {})  # type: ignore[no-any-return]

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
            if traced.is_python_constant() and equals_itself(self.example):
                return hash(_Hashed(traced.as_python_constant())), False
        number = self.evaluated(tx, "__hash__", hash)
        if not self.equals_itself():
            # dicts and sets find it by identity, and its hash may go by that as well
            self.refuse("__hash__", "is of a value that is not equal to itself")
        return number, False

    def merged(self, tx: Any) -> VariableTracker | None:
        """What ``**value`` and ``dict(value)`` take of a mapping, as a new dict."""
        cls = type(self.example)
        if not hasattr(cls, "keys"):
            return None
        if issubclass(cls, dict) and cls.__iter__ is dict.__iter__:
            return self.fold(tx, "__iter__", as_dict)  # C code reads it past its methods
        if any(self.own_method(name) is not None for name in ("keys", "__getitem__")):
            return merged_by_keys(tx, self)
        return self.fold(tx, "keys", as_dict)

    def listed(self, tx: Any) -> VariableTracker | None:
        """What ``list(value)`` takes of it."""
        return listed(self.unpack_var_sequence(tx))


OPERATIONS = of_folded(FoldedVariable)
